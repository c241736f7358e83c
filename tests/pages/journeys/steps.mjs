// What several journeys do.
import assert from "node:assert/strict";

/** So many clicks lead from where somebody begins to whatever they came for. */
const CLICKS_MAX = 3;

/**
 * Follows somebody who has just signed in and may click three times: `click` counts and fails at the fourth. Addresses are not
 * typed meanwhile, so that nothing is skipped.
 */
export function counted(page) {
  let clicks = 0;
  const goto = page.goto.bind(page);
  page.goto = (address) => assert.fail(`${address} was typed, where clicks are counted`);
  return {
    async click(what) {
      clicks += 1;
      assert.ok(clicks <= CLICKS_MAX, `this takes more than ${CLICKS_MAX} clicks`);
      await what.click();
    },
    /** What they came for is in sight. From here on addresses may be typed. */
    async there(what) {
      await what.waitFor();
      page.goto = goto;
      return clicks;
    },
  };
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
