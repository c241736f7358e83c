// Google's Node SDK for Gemini, as its documentation shows it.

const { GoogleGenAI, ApiError } = require("@google/genai");
const { MODEL, API_KEY, BASE_URL, QUESTION, WEATHER_QUESTION, WEATHER, main, answered, all } = require("./report.cjs");

const client = new GoogleGenAI({ apiKey: API_KEY, httpOptions: { baseUrl: BASE_URL } });
const ask = { model: MODEL, contents: QUESTION };
const { parameters, ...named } = WEATHER;
const askWeather = {
  model: MODEL,
  contents: WEATHER_QUESTION,
  config: { tools: [{ functionDeclarations: [{ ...named, parametersJsonSchema: parameters }] }] },
};

function outcome(chunks) {
  const parts = chunks.flatMap((chunk) => chunk.candidates[0].content?.parts ?? []);
  const text = parts.map((part) => part.text ?? "").join("");
  const call = parts.find((part) => part.functionCall)?.functionCall;
  return answered(text, chunks.at(-1).usageMetadata, call ? { name: call.name, arguments: call.args } : null);
}

main(
  {
    generate: async () => outcome([await client.models.generateContent(ask)]),
    "generate-stream": async () => outcome(await all(client.models.generateContentStream(ask))),
    "generate-tool": async () => outcome([await client.models.generateContent(askWeather)]),
    "generate-tool-stream": async () => outcome(await all(client.models.generateContentStream(askWeather))),
  },
  ApiError,
);
