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

  async "an employee stops a running agent within two clicks, and lets it go on"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("button", { name: /^Stop .*release/ }).first().click();
    await page.getByText("The run is stopped").waitFor();
    await page.getByRole("link", { name: /release/ }).first().click();
    await page.getByRole("button", { name: "Let it go on" }).click();
    await page.getByText("The run may go on.").waitFor();
    await page.getByRole("button", { name: "Stop this run" }).waitFor();
    await close();
  },

  async "why the last call was refused is said on the first page"({ visitor }) {
    const { page, close } = await visitor("employee");
    const card = page.getByRole("region", { name: "Last refused call" });
    await card.getByText("A limit that applies to you had too little left").waitFor();
    await card.getByRole("link", { name: "Ask for more" }).click();
    await page.getByRole("heading", { name: "A new request" }).waitFor();
    await close();
  },

  async "from what is left to the grant behind it and its charges, in two clicks"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("link", { name: "Grants and the promise behind them" }).click();
    await page.getByRole("link", { name: /The promise behind it/ }).first().click();
    await page.getByRole("heading", { name: "Charges it paid" }).waitFor();
    await page.getByRole("heading", { name: "All figures agree" }).waitFor();
    await close();
  },

  async "the run that burned most is two clicks from the first page"({ visitor }) {
    const { page, close } = await visitor("employee");
    await page.getByRole("link", { name: "All runs" }).click();
    await page.getByRole("row", { name: /release/ }).getByRole("link").first().click();
    await page.getByRole("heading", { name: "What it cost" }).waitFor();
    await page.getByRole("heading", { name: "By model" }).waitFor();
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

  async "by keyboard alone finance denies a request"({ visitor }) {
    const employee = await visitor("employee");
    await employee.page.goto("/me/requests");
    await employee.page.getByLabel(/^How much/).fill("900");
    await employee.page.getByLabel("What for").fill("a second opinion on everything");
    await employee.page.getByRole("button", { name: "Ask", exact: true }).click();
    await employee.page.getByText("Your request is on its way.").waitFor();
    const { page, close } = await visitor("finance");
    await page.goto("/approvals");
    const tabTo = async (name) => {
      for (let presses = 0; presses < 80; presses += 1) {
        await page.keyboard.press("Tab");
        const here = await page.evaluate(() => {
          const at = document.activeElement;
          return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
        });
        if (name.test(here.trim())) return;
      }
      assert.fail(`no Tab leads to ${name}`);
    };
    await tabTo(/^Look at the request of Person 7/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Deny" }).waitFor();
    await tabTo(/^Why/);
    await page.keyboard.type("one opinion is enough");
    await tabTo(/^Deny$/);
    await page.keyboard.press("Enter");
    await page.getByText("Denied, with your reason.").waitFor();
    await close();
    await employee.page.reload();
    await employee.page.getByText("one opinion is enough").waitFor();
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

  async "the brake: not without the tick, then a model, and it is lifted"({ visitor }) {
    const { page, close } = await visitor("admin");
    await page.goto("/admin/stop");
    await page.getByLabel("What", { exact: true }).selectOption("company");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("alert").getByText("Nothing was stopped").waitFor();
    await page.getByLabel("What", { exact: true }).selectOption("model");
    await page.getByLabel(/^Which one/).fill("claude-opus-4-7");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped: calls under way are cut").waitFor();
    await page.getByText("Calls of the model claude-opus-4-7 are stopped").waitFor();
    await page.getByRole("button", { name: /^Lift the stop of The model/ }).click();
    await page.getByText("Lifted: calls are let through again.").waitFor();
    await close();
  },

  async "an auditor filters the trail by its address and proves it whole"({ visitor }) {
    const { page, close } = await visitor("auditor");
    await page.goto("/admin/audit");
    await page.getByLabel("Became").selectOption("denied");
    await page.getByRole("button", { name: "Filter" }).click();
    assert.match(page.url(), /outcome=denied/);
    await page.getByRole("link", { name: "Verify the trail" }).click();
    await page.getByRole("heading", { name: "The trail is whole" }).waitFor();
    assert.match(page.url(), /outcome=denied/);
    await close();
  },

  async "a manager sees who is blocked, on a phone"({ visitor }) {
    const { page, close } = await visitor("manager", { width: 390, height: 844 });
    await page.getByRole("link", { name: "Team" }).click();
    await page.getByRole("heading", { name: "Blocked now" }).waitFor();
    await page.getByRole("link", { name: /waiting for a decision/ }).click();
    await page.getByRole("heading", { name: "Approvals" }).waitFor();
    await close();
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
    const tabTo = async (name) => {
      for (let presses = 0; presses < 80; presses += 1) {
        await page.keyboard.press("Tab");
        const here = await page.evaluate(() => {
          const at = document.activeElement;
          return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
        });
        if (name.test(here.trim())) return;
      }
      assert.fail(`no Tab leads to ${name}`);
    };
    // In a company that has had boards for months they may be on them already.
    if (await page.getByRole("button", { name: "Leave all boards" }).count()) {
      await tabTo(/^Leave all boards/);
      await page.keyboard.press("Enter");
      await page.getByText("You are off all boards").waitFor();
    }
    await tabTo(/^Two words/);
    await page.keyboard.type("Amber Otter");
    await page.keyboard.press("Enter");
    await page.getByText("You are on boards from this month on").waitFor();
    await tabTo(/^People by outcomes/);
    await page.keyboard.press("Enter");
    await page.getByText(/You are called Amber Otter/).waitFor();
    await page.goto("/boards");
    await tabTo(/^Leave all boards/);
    await page.keyboard.press("Enter");
    await page.getByText("You are off all boards").waitFor();
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

  async "without scripts people find somebody and open their year"({ visitor, settings }) {
    const { page, close } = await visitor("people", { scripts: false });
    await page.getByRole("link", { name: "People", exact: true }).first().click();
    await page.getByLabel(/^Name, mail address/).fill("Person 7");
    await page.getByRole("button", { name: "Find" }).click();
    assert.match(page.url(), /find=Person/);
    await page.getByRole("link", { name: "Person 7", exact: true }).click();
    await page.getByRole("link", { name: "Total rewards" }).click();
    await page.getByRole("heading", { name: /What became of the tokens/ }).waitFor();
    const pdf = await page.getByRole("link", { name: /^PDF of/ }).getAttribute("href");
    const answer = await page.request.get(pdf);
    assert.equal(answer.headers()["content-type"], "application/pdf");
    assert.match(pdf, new RegExp(settings.ids.person));
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

  async "from the first page of finance to the shadow key on the bill, in one click"({ visitor }) {
    const { page, close } = await visitor("finance");
    await within(page, 3, [() => page.getByRole("link", { name: "Each difference" }).click()],
      () => page.getByText(/key/i).and(page.locator("main td")).first());
    await close();
  },

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
    await page.getByText("Sent. Make a link").waitFor();
    await page.getByRole("button", { name: "Make a link for the candidate" }).click();
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
    await page.getByLabel("Token budget", { exact: true }).fill("8");
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
