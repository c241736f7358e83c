// What several journeys do.
import assert from "node:assert/strict";

/** Clicks until something is in sight; no more than `most`. */
export async function within(page, most, clicks, wanted) {
  assert.ok(clicks.length <= most, `${clicks.length} clicks`);
  for (const click of clicks) await click();
  await wanted().waitFor();
}

/** Presses Tab until it stands on what is called `name`. */
export async function tabTo(page, name) {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const at = document.activeElement;
      return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
    });
    if (name.test(here.trim())) return;
  }
  assert.fail(`no Tab leads to ${name}`);
}
