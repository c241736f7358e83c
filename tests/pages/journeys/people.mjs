// Journeys: people, teams, alarms and boards.
import assert from "node:assert/strict";
import { tabTo } from "./steps.mjs";

export const journeys = {
  async "a manager sees who is blocked, on a phone"({ visitor }) {
    const { page, close } = await visitor("manager", { width: 390, height: 844 });
    await page.getByRole("link", { name: "Team" }).click();
    await page.getByRole("heading", { name: "Blocked now" }).waitFor();
    await page.getByRole("link", { name: /waiting for a decision/ }).click();
    await page.getByRole("heading", { name: "Approvals" }).waitFor();
    await close();
  },

  async "people look at an alarm and say so, and try a rule that nobody would look at"({ visitor }) {
    const { page, close } = await visitor("people");
    await page.goto("/alarms");
    const open = page.getByRole("button", { name: /^I have looked/ });
    const before = await open.count();
    assert.ok(before > 0, "the demo company has alarms");
    await open.first().click();
    await page.getByText("Noted that you have looked.").waitFor();
    await page.getByRole("link", { name: "When there is one" }).click();
    await page.getByLabel(/^Told when so many/).fill("1");
    await page.getByLabel("The shortest period").selectOption("day");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText(/With these rules \d+ of \d+ people alarm\./).waitFor();
    await close();
  },

  async "boards are switched on; by keyboard alone somebody joins and leaves"({ visitor }) {
    const people = await visitor("people");
    await people.page.goto("/boards");
    await people.page.getByRole("checkbox", { name: "There are boards" }).check();
    await people.page.getByRole("button", { name: "Save" }).click();
    await people.page.getByText("There are boards now.").waitFor();
    await people.close();
    const { page, close } = await visitor("employee");
    await page.goto("/boards");
    // In a company that has had boards for months they may be on them already.
    if (await page.getByRole("button", { name: "Leave all boards" }).count()) {
      await tabTo(page, /^Leave all boards/);
      await page.keyboard.press("Enter");
      await page.getByText("You are off all boards").waitFor();
    }
    await tabTo(page, /^Two words/);
    await page.keyboard.type("Amber Otter");
    await page.keyboard.press("Enter");
    await page.getByText("You are on boards from this month on").waitFor();
    await tabTo(page, /^People by outcomes/);
    await page.keyboard.press("Enter");
    await page.getByText(/You are called Amber Otter/).waitFor();
    await page.goto("/boards");
    await tabTo(page, /^Leave all boards/);
    await page.keyboard.press("Enter");
    await page.getByText("You are off all boards").waitFor();
    await close();
  },

  async "without scripts people find somebody and open their year"({ visitor, settings }) {
    const { page, close } = await visitor("people", { scripts: false });
    await page.getByRole("link", { name: "People", exact: true }).first().click();
    await page.getByLabel(/^Name, mail address/).fill("Person 7");
    await page.getByRole("button", { name: "Find" }).click();
    assert.match(page.url(), /find=Person/);
    await page.getByRole("link", { name: "Person 7", exact: true }).click();
    await page.getByRole("link", { name: "Total rewards", exact: true }).click();
    await page.getByRole("heading", { name: /What became of the tokens/ }).waitFor();
    const pdf = await page.getByRole("link", { name: /^PDF of/ }).getAttribute("href");
    const answer = await page.request.get(pdf);
    assert.equal(answer.headers()["content-type"], "application/pdf");
    assert.match(pdf, new RegExp(settings.ids.person));
    await close();
  },
};
