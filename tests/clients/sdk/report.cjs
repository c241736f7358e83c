// What each Node client script does around its calls: take their names, print one JSON line for each.

const { MODEL, API_KEY, BASE_URL } = process.env;
// A replayed answer speaks of a long prompt; then the prompt is long too, or its usage would be past belief.
const PADDING = " Here is more to read.".repeat(Number(process.env.PADDING ?? 0));
const QUESTION = `Say hello to the crew of the ship, please, in one short sentence.${PADDING}`;
const ANSWER_TOKENS = Number(process.env.ANSWER_TOKENS ?? 24);
const WEATHER_QUESTION = "What is the weather in Berlin now? Use the get_weather tool.";
const WEATHER = {
  name: "get_weather",
  description: "The current weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** Makes the calls named on the command line, in order; `calls` maps each name to a function. */
async function main(calls, ApiError) {
  for (const name of process.argv.slice(2)) {
    let outcome;
    try {
      outcome = await calls[name]();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      outcome = { error: `${error.constructor.name}: ${error.message}` };
    }
    console.log(JSON.stringify({ call: name, ...outcome }));
  }
}

/** One line of output: the text, the tool call if one was made, and the usage that the client saw. */
function answered(text, usage = null, tool = null) {
  return { text, usage, tool };
}

/** All that a stream yields. */
async function all(stream) {
  const items = [];
  for await (const item of await stream) items.push(item);
  return items;
}

module.exports = { MODEL, API_KEY, BASE_URL, QUESTION, ANSWER_TOKENS, WEATHER_QUESTION, WEATHER, main, answered, all };
