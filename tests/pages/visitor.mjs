// A real browser and who looks through it: `settings` come from the file that the command names.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
export const require = createRequire(join(settings.modules, "package.json"));
const { chromium } = require("playwright-core");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
/** What is wrong, a line each. */
export const problems = [];

// A fresh profile per browser: what one visitor's browser keeps is not another's.
export const browser = await chromium.launch({ executablePath: settings.chromium, headless: true, args: flags });

/** Somebody's browser, signed in unless they are nobody. */
export async function visitor(role, options = {}) {
  const { theme = "light", width = 1280, height = 900, scripts = true } = options;
  const context = await browser.newContext({
    baseURL: settings.url,
    colorScheme: theme,
    viewport: { width, height },
    javaScriptEnabled: scripts,
    reducedMotion: "reduce",
    timezoneId: "Europe/Berlin",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const elsewhere = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(settings.url)) elsewhere.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (401|403|404|409|410|400|422)/.test(message.text())) {
      problems.push(`${role} ${page.url()}: the console says ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`${role} ${page.url()}: ${error}`));
  if (role !== "nobody") {
    const login = settings.logins.find((login) => login.role === role);
    await page.goto("/login");
    await page.getByLabel("Mail address").fill(login.email);
    await page.getByLabel("Password", { exact: true }).fill(login.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    await page.waitForURL((url) => !url.pathname.startsWith("/login"));
  }
  return {
    page,
    async close() {
      if (elsewhere.length) problems.push(`${role}: asked other hosts: ${elsewhere.slice(0, 3)}`);
      await context.close();
    },
  };
}
