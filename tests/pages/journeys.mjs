// What people come for, each in a browser of its own.
import assert from "node:assert/strict";

/** Clicks until something is in sight; no more than `most`. */
async function within(page, most, clicks, wanted) {
  assert.ok(clicks.length <= most, `${clicks.length} clicks`);
  for (const click of clicks) await click();
  await wanted().waitFor();
}

export const journeys = {
  async "an employee sees what is left today at once, and it equals the API"({ visitor, settings }) {
    const { page, close } = await visitor("employee");
    const shown = await page.locator(".figure data").getAttribute("value");
    const answer = await page.request.get(`/api/v1/balances?person=${settings.ids.person}`);
    const { items } = await answer.json();
    assert.equal(shown, items[0].spendable);
    await within(page, 3, [], () => page.getByRole("heading", { name: "Left to spend now" }));
    await close();
  },

  async "without scripts one signs in, switches to dark and signs out"({ visitor }) {
    const { page, close } = await visitor("employee", { scripts: false });
    await page.getByRole("button", { name: "Dark" }).click();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto("/me");
    assert.match(page.url(), /\/login\?next=%2Fme$/);
    await close();
  },

  async "by keyboard alone one signs in and skips to the content"({ visitor, settings }) {
    const { page, close } = await visitor("nobody");
    const login = settings.logins.find((login) => login.role === "employee");
    await page.goto("/login?next=%2Faccount");
    const press = (key) => page.keyboard.press(key);
    await press("Tab");
    await page.keyboard.type(login.email);
    await press("Tab");
    await page.keyboard.type(login.password);
    await press("Enter");
    await page.getByRole("heading", { name: "Your sign-in" }).waitFor();
    await press("Tab");
    await page.getByRole("link", { name: "Skip to the content" }).waitFor();
    await press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await close();
  },

  async "a wrong password is said beside the form"({ visitor }) {
    const { page, close } = await visitor("nobody");
    await page.goto("/login");
    await page.getByLabel("Mail address").fill("nobody@demo.invalid");
    await page.getByLabel("Password", { exact: true }).fill("not this one at all");
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    await page.getByRole("alert").getByText("Nobody signs in with this mail address").waitFor();
    await close();
  },

  async "the demo company is signed in to with one click, and says what it is"({ visitor }) {
    const { page, close } = await visitor("nobody");
    await page.goto("/login");
    await page.getByRole("button", { name: "Sign in as Person 7" }).click();
    await page.getByText("Demo data: nobody in this company exists.").waitFor();
    await close();
  },

  async "by the key / one searches for a page and goes there"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.keyboard.press("/");
    await page.keyboard.type("today");
    await page.keyboard.press("Enter");
    await page.locator("main").getByRole("link", { name: "Today" }).last().click();
    await page.getByRole("heading", { name: "Your budget today" }).waitFor();
    await close();
  },

  async "finance sees at once whether the month is on budget, and it equals the API"({ visitor }) {
    const { page, close } = await visitor("finance");
    await page.goto("/finance");
    const shown = await page.locator(".figure data").first().getAttribute("value");
    const answer = await page.request.get("/api/v1/usage?by=unit");
    assert.equal(shown, (await answer.json()).charge);
    await page.getByRole("heading", { name: "Does the ledger match the bill?" }).waitFor();
    await page.getByText("Figures as a table").first().click();
    await page.getByRole("region", { name: "What is left at the end of each day" }).waitFor();
    await close();
  },

  async "without scripts one reckons the return for figures of one's own, and a loss is called one"({ visitor }) {
    const { page, close } = await visitor("finance", { scripts: false });
    await page.goto("/roi");
    await page.getByText("Break-even at 1.2").first().waitFor();
    await page.getByLabel("How many times as much gets done").fill("1.1");
    await page.getByRole("button", { name: "Reckon" }).click();
    await page.getByText("a loss", { exact: true }).first().waitFor();
    assert.match(page.url(), /multiplier=1\.1/);
    await close();
  },
};
