// Journeys: money: budget, bill, return, pools and decisions.
import assert from "node:assert/strict";
import { tabTo } from "./steps.mjs";

export const journeys = {
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

  async "by keyboard alone finance denies a request"({ visitor }) {
    const employee = await visitor("employee");
    await employee.page.goto("/me/requests");
    await employee.page.getByLabel(/^How much/).fill("900");
    await employee.page.getByLabel("What for").fill("a second opinion on everything");
    await employee.page.getByRole("button", { name: "Ask", exact: true }).click();
    await employee.page.getByText("Your request is on its way.").waitFor();
    const { page, close } = await visitor("finance");
    await page.goto("/approvals");
    await tabTo(page, /^Look at the request of Person 7/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Deny" }).waitFor();
    await tabTo(page, /^Why/);
    await page.keyboard.type("one opinion is enough");
    await tabTo(page, /^Deny$/);
    await page.keyboard.press("Enter");
    await page.getByText("Denied, with your reason.").waitFor();
    await close();
    await employee.page.reload();
    await employee.page.getByText("one opinion is enough").waitFor();
    await employee.close();
  },

  async "finance moves free funds from one pool to another, and the sums hold"({ visitor }) {
    const { page, close } = await visitor("finance");
    await page.goto("/pools");
    const free = () => page.locator("tfoot td").nth(2).locator("data").getAttribute("value");
    const before = await free();
    const pools = await page.getByLabel("From", { exact: true }).locator("option").allTextContents();
    const row = (name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
    const freeOf = async (name) => Number(await row(name).locator("td").nth(3).locator("data").getAttribute("value"));
    const funded = [];
    for (const name of pools) if (await row(name).locator("td").nth(3).locator("data").count()) funded.push(name);
    const [from, to] = [funded[0], funded.at(-1)];
    assert.notEqual(from, to);
    const [giver, taker] = [await freeOf(from), await freeOf(to)];
    await page.getByLabel("From", { exact: true }).selectOption({ label: from });
    await page.getByLabel("To", { exact: true }).selectOption({ label: to });
    await page.getByLabel(/^How much/).first().fill("1.5");
    await page.getByRole("button", { name: /^Move in/ }).click();
    await page.getByText("The money is moved.").waitFor();
    assert.equal(await free(), before);
    assert.ok(Math.abs(await freeOf(from) - (giver - 1.5)) < 1e-6);
    assert.ok(Math.abs(await freeOf(to) - (taker + 1.5)) < 1e-6);
    await close();
  },
};
