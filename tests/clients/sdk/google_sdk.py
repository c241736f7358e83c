"""Google's Python SDK for Gemini, as its documentation shows it."""

from google import genai
from google.genai.errors import APIError
from report import BASE_URL, KEY, MODEL, QUESTION, WEATHER, WEATHER_QUESTION, answered, main

client = genai.Client(api_key=KEY, http_options={"base_url": BASE_URL})
ASK = {"model": MODEL, "contents": QUESTION}
DECLARATION = {
    "name": WEATHER["name"],
    "description": WEATHER["description"],
    "parameters_json_schema": WEATHER["parameters"],
}
ASK_WEATHER = {
    "model": MODEL,
    "contents": WEATHER_QUESTION,
    "config": {"tools": [{"function_declarations": [DECLARATION]}]},
}


def generate(request: dict):
    return outcome([client.models.generate_content(**request)])


def generate_stream(request: dict):
    return outcome(list(client.models.generate_content_stream(**request)))


def outcome(chunks: list):
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or []]
    text = "".join(part.text for part in parts if part.text)
    tools = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    return answered(text, chunks[-1].usage_metadata, tools[0] if tools else None)


main(
    {
        "generate": lambda: generate(ASK),
        "generate-stream": lambda: generate_stream(ASK),
        "generate-tool": lambda: generate(ASK_WEATHER),
        "generate-tool-stream": lambda: generate_stream(ASK_WEATHER),
    },
    APIError,
)
