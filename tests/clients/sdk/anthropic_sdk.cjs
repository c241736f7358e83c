// Anthropic's Node SDK, as its documentation shows it.

const { Anthropic, APIError } = require("@anthropic-ai/sdk");
const { MODEL, API_KEY, BASE_URL, QUESTION, ANSWER_TOKENS, WEATHER_QUESTION, WEATHER, main, answered } = require("./report.cjs");

const client = new Anthropic({ baseURL: BASE_URL, apiKey: API_KEY });
const ask = { model: MODEL, max_tokens: ANSWER_TOKENS, messages: [{ role: "user", content: QUESTION }] };
const { parameters, ...named } = WEATHER;
const askWeather = {
  model: MODEL,
  max_tokens: 200,
  messages: [{ role: "user", content: WEATHER_QUESTION }],
  tools: [{ ...named, input_schema: parameters }],
};

function outcome(message) {
  const text = message.content.filter((block) => block.type === "text").map((block) => block.text);
  const tool = message.content.find((block) => block.type === "tool_use");
  return answered(text.join(""), message.usage, tool ? { name: tool.name, arguments: tool.input } : null);
}

main(
  {
    messages: async () => outcome(await client.messages.create(ask)),
    "messages-stream": async () => outcome(await client.messages.stream(ask).finalMessage()),
    "messages-tool": async () => outcome(await client.messages.create(askWeather)),
    "messages-tool-stream": async () => outcome(await client.messages.stream(askWeather).finalMessage()),
  },
  APIError,
);
