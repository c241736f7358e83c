// OpenAI's Node SDK, as its documentation shows it.

const { OpenAI, APIError } = require("openai");
const { MODEL, API_KEY, BASE_URL, QUESTION, ANSWER_TOKENS, WEATHER_QUESTION, WEATHER, main, answered, all } = require("./report.cjs");

const client = new OpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: API_KEY });
const ask = { model: MODEL, messages: [{ role: "user", content: QUESTION }], max_completion_tokens: ANSWER_TOKENS };
const askWeather = {
  model: MODEL,
  messages: [{ role: "user", content: WEATHER_QUESTION }],
  tools: [{ type: "function", function: WEATHER }],
};
const respond = { model: MODEL, input: QUESTION, max_output_tokens: ANSWER_TOKENS };

async function chat() {
  const answer = await client.chat.completions.create(ask);
  return answered(answer.choices[0].message.content, answer.usage);
}

async function chatStream(options) {
  const chunks = await all(client.chat.completions.create({ ...ask, stream: true, ...options }));
  const text = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.content ?? "")).join("");
  return answered(text, chunks.findLast((chunk) => chunk.usage)?.usage);
}

async function chatTool() {
  const answer = await client.chat.completions.create(askWeather);
  const call = answer.choices[0].message.tool_calls[0].function;
  return answered(null, answer.usage, { name: call.name, arguments: JSON.parse(call.arguments) });
}

async function chatToolStream() {
  const chunks = await all(client.chat.completions.create({ ...askWeather, stream: true }));
  const calls = chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta.tool_calls ?? []));
  const joined = (field) => calls.map((call) => call.function[field] ?? "").join("");
  return answered(null, null, { name: joined("name"), arguments: JSON.parse(joined("arguments")) });
}

async function responses() {
  const answer = await client.responses.create(respond);
  return answered(answer.output_text, answer.usage);
}

async function responsesStream() {
  const events = await all(client.responses.create({ ...respond, stream: true }));
  const text = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
  return answered(text.join(""), events.find((event) => event.type === "response.completed")?.response.usage);
}

async function responsesTool() {
  const tools = [{ type: "function", ...WEATHER }];
  const answer = await client.responses.create({ model: MODEL, input: WEATHER_QUESTION, tools });
  const call = answer.output.find((item) => item.type === "function_call");
  return answered(null, answer.usage, { name: call.name, arguments: JSON.parse(call.arguments) });
}

async function embeddings() {
  const answer = await client.embeddings.create({
    model: process.env.EMBEDDING_MODEL,
    input: [QUESTION, WEATHER_QUESTION],
  });
  return answered(`${answer.data.length} vectors`, answer.usage);
}

main(
  {
    chat,
    "chat-stream": () => chatStream({}),
    "chat-stream-with-usage": () => chatStream({ stream_options: { include_usage: true } }),
    "chat-tool": chatTool,
    "chat-tool-stream": chatToolStream,
    responses,
    "responses-stream": responsesStream,
    "responses-tool": responsesTool,
    embeddings,
  },
  APIError,
);
