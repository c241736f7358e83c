"""OpenAI's Python SDK, as its documentation shows it."""

import json
import os

from openai import APIError, OpenAI
from report import ANSWER_TOKENS, BASE_URL, KEY, MODEL, QUESTION, WEATHER, WEATHER_QUESTION, answered, main

client = OpenAI(base_url=f"{BASE_URL}/v1", api_key=KEY)
ASK = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}], "max_completion_tokens": ANSWER_TOKENS}
ASK_WEATHER = {
    "model": MODEL,
    "messages": [{"role": "user", "content": WEATHER_QUESTION}],
    "tools": [{"type": "function", "function": WEATHER}],
}
RESPOND = {"model": MODEL, "input": QUESTION, "max_output_tokens": ANSWER_TOKENS}


def chat():
    answer = client.chat.completions.create(**ASK)
    return answered(answer.choices[0].message.content, answer.usage)


def chat_stream(**options):
    text, usage = "", None
    for chunk in client.chat.completions.create(**ASK, stream=True, **options):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    return answered(text, usage)


def chat_stream_with_usage():
    return chat_stream(stream_options={"include_usage": True})


def chat_tool():
    answer = client.chat.completions.create(**ASK_WEATHER)
    call = answer.choices[0].message.tool_calls[0].function
    return answered(None, answer.usage, (call.name, json.loads(call.arguments)))


def chat_tool_stream():
    name, arguments = "", ""
    for chunk in client.chat.completions.create(**ASK_WEATHER, stream=True):
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                name += call.function.name or ""
                arguments += call.function.arguments or ""
    return answered(None, None, (name, json.loads(arguments)))


def responses():
    answer = client.responses.create(**RESPOND)
    return answered(answer.output_text, answer.usage)


def responses_stream():
    text, usage = "", None
    for event in client.responses.create(**RESPOND, stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type == "response.completed":
            usage = event.response.usage
    return answered(text, usage)


def responses_tool():
    answer = client.responses.create(model=MODEL, input=WEATHER_QUESTION, tools=[{"type": "function"} | WEATHER])
    call = next(item for item in answer.output if item.type == "function_call")
    return answered(None, answer.usage, (call.name, json.loads(call.arguments)))


def embeddings():
    answer = client.embeddings.create(model=os.environ["EMBEDDING_MODEL"], input=[QUESTION, WEATHER_QUESTION])
    return answered(f"{len(answer.data)} vectors", answer.usage)


main(
    {
        "chat": chat,
        "chat-stream": chat_stream,
        "chat-stream-with-usage": chat_stream_with_usage,
        "chat-tool": chat_tool,
        "chat-tool-stream": chat_tool_stream,
        "responses": responses,
        "responses-stream": responses_stream,
        "responses-tool": responses_tool,
        "embeddings": embeddings,
    },
    APIError,
)
