// Journeys: offers, from both sides.
import assert from "node:assert/strict";

export const journeys = {
  async "people offer without tokens, see the flag, mend it and send it, without scripts; the candidate accepts on a phone"({ visitor }) {
    const { page, close } = await visitor("people", { scripts: false });
    await page.goto("/offers");
    await page.getByRole("link", { name: "New offer" }).click();
    const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Candidate", { exact: true }).fill("Candidate 77");
    await page.getByLabel(/^Family/).fill("engineering");
    await page.getByLabel("First day", { exact: true }).fill(day(60));
    await page.getByLabel(/^First day on which/).fill(day(30));
    await page.getByLabel(/^Salary a year/).fill("120000");
    await page.getByRole("button", { name: "Show what this means" }).click();
    const meaning = page.getByRole("region", { name: "What this means" });
    await meaning.getByText("TOK001").waitFor();
    await page.getByRole("button", { name: "Save as a draft" }).click();
    await page.getByText("The first version is written.").waitFor();
    await page.getByLabel(/^Token budget/).fill("6");
    await page.getByLabel("Guaranteed: no later cut can eat it").check();
    await page.getByLabel(/^Pool that pays/).fill("Token promises");
    await page.getByLabel(/^How long it holds/).fill("12 months");
    await page.getByLabel(/^Never below/).fill("6");
    await page.getByLabel("A day on which it could not be used").selectOption("extends");
    await page.getByLabel("What is not used").selectOption("lapses");
    await page.getByLabel("What it is for").selectOption("work_tool");
    await page.getByLabel("Usable", { exact: true }).selectOption("start_date");
    await page.getByRole("button", { name: "Save as another version" }).click();
    await page.getByText("Another version is written.").waitFor();
    assert.equal(await meaning.getByText("TOK001").count(), 0);
    await page.getByRole("button", { name: "Put up for approval" }).click();
    await page.getByText("It is up for approval").waitFor();
    const address = new URL(page.url()).pathname;
    // Nobody approves their own.
    if (await page.getByRole("button", { name: "Approve for people" }).count()) {
      await page.getByRole("button", { name: "Approve for people" }).click();
      await page.getByRole("alert").first().waitFor();
    }
    const partner = await visitor("partner");
    await partner.page.goto(address);
    await partner.page.getByRole("button", { name: "Approve for people" }).click();
    await partner.page.getByText("Approved.", { exact: true }).waitFor();
    await partner.close();
    await page.goto(address);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Sent. The candidate's link is below").waitFor();
    await page.getByRole("button", { name: "Make another link for the candidate" }).waitFor();
    const link = new URL(await page.locator("#link").textContent(), page.url()).pathname;
    const candidate = await visitor("nobody", { scripts: false, width: 390, height: 844 });
    await candidate.page.goto(link);
    await candidate.page.getByText("$6.00 a workday").waitFor();
    await candidate.page.getByText("It is guaranteed").first().waitFor();
    await candidate.page.getByLabel("Your name, as your signature").fill("Candidate 77");
    await candidate.page.getByRole("button", { name: "Accept this offer" }).click();
    await candidate.page.getByText("You have accepted. Welcome!").waitFor();
    await candidate.page.getByRole("link", { name: "The letter that you signed (PDF)" }).waitFor();
    const letter = await candidate.page.request.get(`${link}/letter.pdf`);
    assert.equal((await letter.body()).subarray(0, 4).toString(), "%PDF");
    await candidate.close();
    await page.goto(address);
    await page.getByText("accepted", { exact: true }).waitFor();
    await close();
  },

  async "a candidate on a phone compares, asks and counters; people see what changed and answer"({ visitor, settings }) {
    const { page, close } = await visitor("nobody", { width: 390, height: 844 });
    await page.goto(`/o/${settings.ids.link}`);
    await page.getByLabel("Salary a year", { exact: true }).fill("100000");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("region", { name: "Table: both offers" }).waitFor();
    await page.getByText("TOK001").waitFor();
    await page.getByLabel("What would you like to know?").fill("May I use it on Sundays?");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByText("Your question is on its way.").waitFor();
    await page.getByLabel("Token budget", { exact: true }).fill("40");
    await page.getByRole("button", { name: "Ask for this instead" }).click();
    await page.getByText("They have what you ask for instead.").waitFor();
    const people = await visitor("people");
    await people.page.goto("/offers?state=countered");
    await people.page.getByRole("link", { name: "Candidate 3" }).click();
    await people.page.getByText("by the candidate").waitFor();
    await people.page.getByLabel(/^Answer/).fill("On workdays.");
    await people.page.getByRole("button", { name: "Answer" }).click();
    await people.page.getByText("Answered: the candidate reads it").waitFor();
    await people.close();
    await page.reload();
    await page.getByText("On workdays.").waitFor();
    await close();
  },

  async "an offer's slider shows at once what it means"({ visitor, settings }) {
    const { page, close } = await visitor("people");
    await page.goto(`/offers/${settings.ids.draft}`);
    const meaning = page.getByRole("region", { name: "What this means" });
    await meaning.getByText("No tokens").waitFor();
    await page.getByRole("slider", { name: "Token budget, by slider" }).fill("50");
    await meaning.getByText(/50\.00 a workday/).waitFor();
    assert.equal(await page.getByLabel(/^Token budget \(/).inputValue(), "50");
    await close();
  },
};
