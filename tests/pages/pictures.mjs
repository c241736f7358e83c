// Takes the pictures of README and docs: `node pictures.mjs SETTINGS.json`. Each is as much of a page as a desk shows, in WebP.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, problems, settings, visitor } from "./visitor.mjs";

const BYTES_MAX = 120_000;
const WIDTH = 1200;

/** Name, who looks, where, how high, in which theme. */
const PICTURES = [
  ["me", "employee", "/me", 820],
  ["me-dark", "employee", "/me", 820, "dark"],
  ["run", "finance", "/runs/{session}", 1200],
  ["team", "manager", "/team", 820],
  ["finance", "finance", "/finance", 700],
  ["offer", "people", "/offers/{draft}", 980],
  ["candidate", "nobody", "/o/{link}", 980],
  ["stop", "admin", "/admin/stop", 880],
];

/** The picture, by the first quality at which it is small enough. */
async function taken(page, height) {
  const browserSide = await page.context().newCDPSession(page);
  for (const quality of [82, 70, 55]) {
    const clip = { x: 0, y: 0, width: WIDTH, height, scale: 1 };
    const { data } = await browserSide.send("Page.captureScreenshot", { format: "webp", quality, clip });
    const bytes = Buffer.from(data, "base64");
    if (bytes.length <= BYTES_MAX) return bytes;
  }
  return assert.fail(`${page.url()} makes a picture of more than ${BYTES_MAX} bytes`);
}

mkdirSync(settings.pictures, { recursive: true });
for (const [name, role, path, height, theme] of PICTURES) {
  const { page, close } = await visitor(role, { theme, width: WIDTH, height });
  const answer = await page.goto(path.replace(/\{(\w+)\}/g, (_, word) => settings.ids[word]));
  assert.equal(answer.status(), 200, path);
  await page.evaluate(() => document.fonts.ready);
  const picture = await taken(page, height);
  writeFileSync(join(settings.pictures, `${name}.webp`), picture);
  console.log(`${name}.webp: ${picture.length} bytes`);
  await close();
}
await browser.close();
for (const problem of problems) console.log(problem);
process.exitCode = problems.length ? 1 : 0;
