// Journeys: what people come for most, in three clicks at most from where they begin. `counted` fails at the fourth.
import assert from "node:assert/strict";
import { counted } from "./steps.mjs";

export const journeys = {
  async "three clicks: what is left today, which equals the API"({ visitor, settings }) {
    const { page, close } = await visitor("employee");
    const clicks = await counted(page).there(page.getByRole("heading", { name: "Left to spend now" }));
    assert.equal(clicks, 0, "it is the first thing on the first page");
    const shown = await page.locator("[data-live=left] data").getAttribute("value");
    const answer = await page.request.get(`/api/v1/balances?person=${settings.ids.person}`);
    assert.equal(shown, (await answer.json()).items[0].spendable);
    await close();
  },

  async "three clicks: why a call was refused, and what to do about it"({ visitor }) {
    const { page, close } = await visitor("employee");
    const path = counted(page);
    const card = page.getByRole("region", { name: "Last refused call" });
    await card.getByText("A limit that applies to you had too little left").waitFor();
    await path.click(card.getByRole("link", { name: "Ask for more" }));
    await path.there(page.getByRole("heading", { name: "A new request" }));
    await close();
  },

  async "three clicks: the offer that promised the money"({ visitor, settings }) {
    const people = await visitor("people");
    let path = counted(people.page);
    await path.click(people.page.getByRole("link", { name: "People", exact: true }).first());
    await people.page.getByLabel(/^Name, mail address/).fill(settings.ids.hired);
    await people.page.keyboard.press("Enter");
    await path.click(people.page.getByRole("link", { name: settings.ids.hired, exact: true }));
    await path.click(people.page.getByRole("link", { name: /^Look at the promise behind/ }).first());
    const promised = people.page.getByRole("region", { name: "What was promised" });
    await path.there(promised.getByText(/of the letter, version/));
    // The offer itself is one more, for whoever wants its other versions.
    await promised.getByRole("link", { name: "The offer, with each of its versions" }).click();
    await people.page.getByText("accepted", { exact: true }).first().waitFor();
    await people.close();

    // Whoever has the money gets to what was promised by two.
    const { page, close } = await visitor("employee");
    path = counted(page);
    await path.click(page.getByRole("link", { name: "Grants and the promise behind them" }));
    await path.click(page.getByRole("link", { name: /The promise behind it/ }).first());
    await path.there(page.getByRole("heading", { name: "What was promised" }));
    await close();
  },

  async "three clicks: the run that burned most, and the button that stops it"({ visitor, settings }) {
    const finance = await visitor("finance");
    const answer = await finance.page.request.get("/api/v1/runs/burning?minutes=60");
    const dearest = (await answer.json()).items[0];
    const path = counted(finance.page);
    await path.click(finance.page.getByRole("link", { name: "Emergency stop" }));
    const first = finance.page.getByRole("region", { name: "Table: spending most now" }).locator("tbody tr").first();
    await path.click(first.getByRole("link"));
    await finance.page.getByRole("heading", { name: "What it spent when" }).waitFor();
    assert.match(finance.page.url(), new RegExp(dearest.run));
    await path.click(finance.page.getByRole("button", { name: "Stop this run" }));
    await path.there(finance.page.getByText("The run is stopped"));
    await finance.page.getByRole("button", { name: "Let it go on" }).click();
    await finance.page.getByText("The run may go on.").waitFor();
    await finance.close();

    const { page, close } = await visitor("employee");
    const own = counted(page);
    await own.click(page.getByRole("link", { name: "All runs" }));
    await own.click(page.locator(`main a[data-open="${settings.ids.run}"]`));
    await own.there(page.getByRole("button", { name: "Stop this run" }));
    await page.getByText("Figures as a table").first().click();
    await page.getByRole("region", { name: /^What was spent in each/ }).waitFor();
    const [drawing] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save drawing" }).first().click(),
    ]);
    assert.match(drawing.suggestedFilename(), /\.svg$/);
    const file = await page.getByRole("link", { name: "As CSV", exact: true }).getAttribute("href");
    const lines = (await (await page.request.get(file)).text()).trim().split("\n");
    const course = await (await page.request.get(`/api/v1/runs/${settings.ids.run}/timeline`)).json();
    assert.equal(lines.length, course.items.length + 3, "head, what was asked, a line for each stretch, the sums");
    await close();
  },

  async "three clicks: a running agent is stopped by one, from the first page"({ visitor }) {
    const { page, close } = await visitor("employee");
    const path = counted(page);
    await path.click(page.getByRole("button", { name: /^Stop .*release/ }).first());
    assert.equal(await path.there(page.getByText("The run is stopped")), 1);
    await page.getByRole("link", { name: /release/ }).first().click();
    await page.getByRole("button", { name: "Let it go on" }).click();
    await page.getByRole("button", { name: "Stop this run" }).waitFor();
    await close();
  },

  async "three clicks: the ledger against the bill, and the key that nobody made"({ visitor }) {
    const { page, close } = await visitor("finance");
    const path = counted(page);
    await page.getByRole("heading", { name: "Does the ledger match the bill?" }).waitFor();
    await path.click(page.getByRole("link", { name: "Each difference" }));
    await path.there(page.getByText(/key/i).and(page.locator("main td")).first());
    await close();
  },
};
