// Journeys: lists worked through row by row, with a row's detail at the right of its list.
import assert from "node:assert/strict";
import { tabTo } from "./steps.mjs";

const drawer = (page) => page.getByRole("complementary");
const heading = (page) => drawer(page).getByRole("heading", { level: 2 });
const focused = (page) => page.evaluate(() => document.activeElement.dataset.open ?? document.activeElement.id);

export const journeys = {
  async "by keyboard alone a run is opened beside its list and closed again, and the list stays where it was"({ visitor }) {
    const { page, close } = await visitor("employee", { height: 480 });
    await page.goto("/me/runs?days=365");
    await page.keyboard.press("j");
    const first = await focused(page);
    for (let step = 0; step < 8; step += 1) await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    const opened = await focused(page);
    assert.notEqual(opened, first);
    const at = await page.evaluate(() => scrollY);
    await page.keyboard.press("Enter");
    await drawer(page).getByRole("heading", { name: "What it spent when" }).waitFor();
    assert.equal(await focused(page), "drawer-title");
    assert.equal(new URL(page.url()).searchParams.get("open"), opened);
    assert.equal(new URL(page.url()).searchParams.get("days"), "365");
    assert.equal(await page.locator("main a[aria-current=true][data-open]").getAttribute("data-open"), opened);
    assert.equal(await page.evaluate(() => scrollY), at, "the list stays where it was");
    await page.keyboard.press("Escape");
    assert.equal(await drawer(page).count(), 0);
    assert.equal(await focused(page), opened, "back at the row");
    assert.equal(new URL(page.url()).search, "?days=365");
    await page.goBack();
    await heading(page).waitFor();
    await page.goBack();
    await drawer(page).waitFor({ state: "detached" });
    // Enter and Escape are no letters; j and k are.
    await page.evaluate(() => localStorage.setItem("purser-keys-off", "yes"));
    await page.keyboard.press("j");
    assert.equal(await focused(page), opened, "switched off");
    await close();
  },

  async "by keyboard alone finance decides with the context at hand, and is back in the queue"({ visitor }) {
    const employee = await visitor("employee");
    await employee.page.goto("/me/requests");
    await employee.page.getByLabel(/^How much/).fill("801");
    await employee.page.getByLabel("What for").fill("to look into it twice");
    await employee.page.getByRole("button", { name: "Ask", exact: true }).click();
    await employee.page.getByText("Your request is on its way.").waitFor();
    const { page, close } = await visitor("finance");
    await page.goto("/approvals?state=open");
    await tabTo(page, /^Look at the request of Person 7/);
    await page.keyboard.press("Enter");
    await drawer(page).getByText("to look into it twice").waitFor();
    await tabTo(page, /^How much of it/);
    await page.keyboard.type("much");
    // One press leads out of the field, so that nothing typed is lost by it.
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "drawer-title");
    await tabTo(page, /^Approve$/);
    await page.keyboard.press("Enter");
    await drawer(page).getByRole("alert").getByText("An amount is a number").waitFor();
    assert.equal(await focused(page), "drawer-title", "one goes on where one was");
    await tabTo(page, /^Why/);
    await page.keyboard.type("once is enough");
    await tabTo(page, /^Deny$/);
    await page.keyboard.press("Enter");
    await page.getByText("Denied, with your reason.").waitFor();
    assert.equal(await drawer(page).count(), 0, "it has left the queue");
    assert.equal(new URL(page.url()).searchParams.get("state"), "open");
    await close();
    await employee.close();
  },

  async "without scripts an alarm is opened on a phone, read and closed, and the filters are kept"({ visitor }) {
    const { page, close } = await visitor("people", { scripts: false, width: 390, height: 844 });
    await page.goto("/alarms?all=true&kind=");
    const row = page.getByRole("list", { name: "Alarms" }).getByRole("link").first();
    const name = await row.textContent();
    await row.click();
    await drawer(page).getByRole("heading", { name: "When it was raised" }).waitFor();
    assert.match(await heading(page).textContent(), new RegExp(`^${name}: `));
    assert.equal(await page.getByRole("list", { name: "Alarms" }).isVisible(), false, "it stands in the list's place");
    const box = await drawer(page).boundingBox();
    assert.ok(box.width > 350 && box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
    await drawer(page).getByRole("link", { name: "Close" }).click();
    await page.getByRole("list", { name: "Alarms" }).waitFor();
    assert.equal(new URL(page.url()).search, "?all=true&kind=");
    await close();
  },

  async "an address with an open row is sent to somebody who may not see it: the list is theirs, the row is not"({ visitor, settings }) {
    const own = await visitor("employee");
    await own.page.goto(`/me/runs?days=365&open=${settings.ids.run}`);
    await heading(own.page).waitFor();
    const address = own.page.url();
    await own.close();
    const { page, close } = await visitor("manager");
    // Whoever leads sees it; whoever does not is told so, by the status, too.
    const foreign = address.replace(settings.ids.run, "run_00000000000000000000000007");
    assert.equal((await page.goto(foreign)).status(), 403);
    await heading(page).getByText("Not for you to see or do").waitFor();
    await page.getByRole("heading", { name: "Your runs", level: 1 }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await drawer(page).count(), 0);
    assert.equal(new URL(page.url()).search, "?days=365");
    await close();
  },

  async "what is open is printed, without the list and without what is to be clicked"({ visitor, settings }) {
    const { page, close } = await visitor("people");
    await page.goto(`/people?find=platform&open=${settings.ids.person}`);
    await page.emulateMedia({ media: "print" });
    assert.equal(await drawer(page).getByRole("heading", { name: "Grants" }).isVisible(), true);
    assert.equal(await drawer(page).getByText("Close", { exact: true }).isVisible(), false);
    assert.equal(await page.getByRole("region", { name: "Table: people" }).isVisible(), false);
    await close();
  },
};
