// Journeys: the works council's profile. The last ones: boards end with it.
import assert from "node:assert/strict";

const FORBIDDEN = 403;

/** Sets the profile as administrator. */
async function set(visitor, profile, said) {
  const { page, close } = await visitor("admin");
  await page.goto("/privacy");
  await page.getByLabel("The profile to hold").selectOption(profile);
  await page.getByRole("button", { name: "Set the profile" }).click();
  await page.getByText("The profile holds from now on").waitFor();
  await page.getByText(said).first().waitFor();
  await close();
}

/** Who is named in the page, but for whoever leads: their own figures are theirs. */
async function named(page) {
  const text = await page.locator("main").innerText();
  return new Set([...text.matchAll(/Person \d+/g)].map(([name]) => name).filter((name) => name !== "Person 1"));
}

export const journeys = {
  async "under the works council's profile a manager sees nobody's figures, by page or by address"({ visitor, settings }) {
    const { person, grant, run } = settings.ids;
    const refused = [
      `/people/${person}/rewards`, `/grants/${grant}`, `/runs/${run}`, `/explore?person=${person}`, `/people/${person}`,
    ];
    const before = await visitor("manager");
    await before.page.goto("/team");
    assert.ok((await named(before.page)).size > 5, "without it a manager sees their people");
    for (const path of refused) assert.equal((await before.page.goto(path)).status(), 200, path);
    await before.close();

    await set(visitor, "works-council", "The works council's profile holds");
    try {
      const { page, close } = await visitor("manager");
      for (const path of ["/team", "/explore", "/explore?by=person", "/alarms", "/alarms?all=true"]) {
        await page.goto(path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        assert.deepEqual([...(await named(page))], [], path);
      }
      await page.goto("/team");
      await page.getByText("The company keeps to the works council's profile").waitFor();
      // Who is there stays in sight, without a figure.
      await page.goto("/people");
      assert.ok((await named(page)).size > 5);
      assert.equal(await page.locator("main data").count(), 0, "no figure beside a name");
      // Requests are still decided by whoever leads; how somebody stands is told only while they ask for it themselves.
      await page.goto("/approvals?state=approved");
      const over = page.getByRole("link", { name: "Look at the request of Person 7" }).first();
      assert.equal((await page.goto(await over.getAttribute("href"))).status(), FORBIDDEN);
      for (const path of refused) {
        const answer = await page.goto(path);
        assert.equal(answer.status(), FORBIDDEN, path);
        await page.getByRole("alert").first().waitFor();
      }
      await close();
      const own = await visitor("employee");
      for (const path of refused.slice(0, 3)) assert.equal((await own.page.goto(path)).status(), 200, "one's own");
      await own.close();
    } finally {
      await set(visitor, "standard", "The standard profile holds");
    }
  },
};
