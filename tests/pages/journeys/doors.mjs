// Journeys: getting in and about.
import assert from "node:assert/strict";

export const journeys = {
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

  async "by Ctrl-K and keys alone one gets from anywhere to a page"({ visitor }) {
    const { page, close } = await visitor("finance");
    await page.goto("/account");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Go to a page, or search" }).waitFor();
    await page.keyboard.type("approv");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Approvals" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await close();
  },

  async "nobody gets to another's page by its address"({ visitor, settings }) {
    const { page, close } = await visitor("employee");
    for (const path of ["/team", "/admin/audit", `/approvals/${settings.ids.request}`]) {
      const answer = await page.goto(path);
      assert.equal(answer.status(), 403, path);
      await page.getByRole("alert").first().waitFor();
    }
    await close();
  },
};
