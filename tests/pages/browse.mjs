// Drives a real browser: `node browse.mjs SETTINGS.json`. What is wrong goes to standard output, a line each; the end is
// `done`.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { browser, problems, require, settings, visitor } from "./visitor.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { journeys } = await import("./journeys.mjs");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let looked = 0;

const name = (role, path) => `${role}${path.replace(/[^a-z0-9]+/gi, "-").replace(/-$/, "")}`;

async function look(role, paths, theme) {
  const width = theme === "narrow" ? 320 : 1280;
  const { page, close } = await visitor(role, { theme: theme === "narrow" ? "light" : theme, width });
  for (const path of paths) {
    const where = `${role} ${path} ${theme}`;
    const answer = await page.goto(path.replace(/\{(\w+)\}/g, (_, word) => settings.ids[word]));
    if (!answer || answer.status() >= 500) problems.push(`${where}: status ${answer?.status()}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) problems.push(`${where}: wider than the window by ${overflow} px`);
    // The policy of the page lets no script in but its own, so the inspector goes in beside the page's world.
    const world = await page.context().newCDPSession(page);
    await world.send("Page.enable");
    const { frameTree } = await world.send("Page.getFrameTree");
    const { executionContextId: contextId } =
      await world.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
    await world.send("Runtime.evaluate", { expression: axe, contextId });
    const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] })
      .then((found) => JSON.stringify(found.violations))`;
    const { result, exceptionDetails } =
      await world.send("Runtime.evaluate", { expression: run, contextId, awaitPromise: true });
    if (exceptionDetails) problems.push(`${where}: axe did not run: ${exceptionDetails.text}`);
    for (const violation of exceptionDetails ? [] : JSON.parse(result.value)) {
      const nodes = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
      problems.push(`${where}: ${violation.id} (${violation.help}): ${nodes}`);
    }
    await world.detach();
    looked += 1;
    if (settings.shots) {
      mkdirSync(join(settings.shots, theme), { recursive: true });
      await page.screenshot({ path: join(settings.shots, theme, `${name(role, path)}.png`), fullPage: true });
    }
  }
  await close();
}

const wanted = settings.only ? Object.fromEntries(settings.only.map((role) => [role, settings.pages[role]])) : settings.pages;
const lookAll = async (theme) => {
  for (const [role, paths] of Object.entries(wanted)) await look(role, paths, theme);
};
// Nobody changes anything here, so that themes can be looked at side by side.
await Promise.all(["light", "dark", "narrow"].map(lookAll));
let walked = 0;
for (const [title, walk] of settings.only ? [] : Object.entries(journeys)) {
  try {
    await walk({ visitor, settings });
    walked += 1;
  } catch (error) {
    problems.push(`journey "${title}": ${String(error.stack ?? error).split("\n").slice(0, 6).join("\n    ")}`);
  }
}
await browser.close();
for (const problem of problems) console.log(problem);
console.log(`${looked} looks at pages, ${walked} journeys, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
