// Journeys: what one does with one's own budget, runs and keys.
import assert from "node:assert/strict";

export const journeys = {
  async "from what is left to the grant behind it and its charges, in two clicks"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("link", { name: "Grants and the promise behind them" }).click();
    await page.getByRole("link", { name: /The promise behind it/ }).first().click();
    await page.getByRole("heading", { name: "Charges it paid" }).waitFor();
    await page.getByRole("heading", { name: "All figures agree" }).waitFor();
    await close();
  },

  async "more is asked for with a slip, then right, without scripts; finance approves; the money is there"({ visitor }) {
    const employee = await visitor("employee", { scripts: false, width: 390, height: 844 });
    const page = employee.page;
    await page.goto("/me/requests");
    await page.getByLabel(/^How much/).fill("a lot");
    await page.getByLabel("What for").fill("the release takes one more evening");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByRole("alert").getByText("An amount is a number").waitFor();
    assert.equal(await page.getByLabel(/^How much/).getAttribute("aria-invalid"), "true");
    assert.equal(await page.getByLabel("What for").inputValue(), "the release takes one more evening");
    await page.getByLabel(/^How much/).fill("37.50");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByText("Your request is on its way.").waitFor();
    const finance = await visitor("finance");
    await finance.page.goto("/approvals");
    await finance.page.getByRole("link", { name: "Look at the request of Person 7" }).click();
    await finance.page.getByRole("button", { name: "Approve" }).click();
    await finance.page.getByText("Approved: the money is there now.").waitFor();
    await finance.close();
    await page.goto("/me");
    await page.getByRole("link", { name: "$37.50 once" }).waitFor();
    await employee.close();
  },

  async "what is left follows an approval while one looks at it, until it is paused"({ visitor }) {
    const employee = await visitor("employee");
    const figure = employee.page.locator("[data-live=left] data");
    await employee.page.goto("/me/requests");
    await employee.page.getByLabel(/^How much/).fill("41.25");
    await employee.page.getByLabel("What for").fill("to see it arrive");
    await employee.page.getByRole("button", { name: "Ask", exact: true }).click();
    await employee.page.getByText("Your request is on its way.").waitFor();
    await employee.page.goto("/me");
    const before = await figure.getAttribute("value");
    const finance = await visitor("finance");
    await finance.page.goto("/approvals");
    await finance.page.getByRole("link", { name: "Look at the request of Person 7" }).click();
    await finance.page.getByRole("button", { name: "Approve" }).click();
    await finance.page.getByText("Approved: the money is there now.").waitFor();
    await finance.close();
    await employee.page.locator(`[data-live=left] data:not([value="${before}"])`).waitFor();
    await employee.page.getByRole("button", { name: "Pause the figures" }).click();
    await employee.page.getByRole("button", { name: "Follow the figures" }).waitFor();
    await employee.close();
  },

  async "a key is made, shown once and revoked"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("link", { name: "Connect a tool" }).first().click();
    await page.getByLabel(/^What uses it/).fill("review agent");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("heading", { name: "Your new key" }).waitFor();
    const key = (await page.locator("pre").first().textContent()).trim();
    assert.match(key, /^pk-/);
    assert.equal(await page.locator("pre", { hasText: key }).count(), 5);
    await page.goto("/me/connect");
    assert.equal(await page.locator("body").textContent().then((text) => text.includes(key)), false);
    await page.getByRole("button", { name: "Revoke the key of review agent" }).click();
    await page.getByText("The key no longer works.").waitFor();
    await close();
  },

  async "usage of ninety days: the bars, the table and the file have the same sum as the API"({ visitor, settings }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("link", { name: "Usage", exact: true }).click();
    await page.getByRole("link", { name: "90 days" }).click();
    await page.getByLabel("Table by").selectOption("tool");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    assert.match(page.url(), /by=tool/);
    const shown = await page.locator(".figure data").getAttribute("value");
    const query = new URL(page.url()).searchParams;
    const to = new Date(Date.parse(query.get("to")) + 86_400_000).toISOString().slice(0, 10);
    const answer = await page.request.get(
      `/api/v1/usage/history?person=${settings.ids.person}&from=${query.get("from")}&to=${to}&per=week`);
    assert.equal(shown, (await answer.json()).charge);
    const file = await page.getByRole("link", { name: "All as CSV" }).getAttribute("href");
    const lines = (await (await page.request.get(file)).text()).trim().split("\n");
    const at = lines[0].split(",").indexOf("charge");
    assert.equal(lines.at(-1).split(",")[0], "total");
    assert.equal(lines.at(-1).split(",")[at], shown);
    const [drawing] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save drawing" }).first().click(),
    ]);
    assert.match(drawing.suggestedFilename(), /^usage-over-time-by-model\.svg$/);
    await close();
  },

  async "an employee sees what a model costs and what it cost before"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.goto("/prices?provider=anthropic&find=haiku");
    await page.getByRole("link", { name: "claude-haiku-4-5", exact: true }).click();
    await page.getByText("holds now").first().waitFor();
    await page.getByRole("region", { name: "Table: prices by date" }).waitFor();
    await close();
  },
};
