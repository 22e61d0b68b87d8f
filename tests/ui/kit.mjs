/**
 * What the page tests stand on: a static server with the window's own content policy, a browser,
 * and words for opening a page in a given world, look and size.
 */
import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ui = new URL("../../ui/", import.meta.url);
const require = createRequire(new URL("package.json", ui));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

export const bundle = fileURLToPath(new URL("dist-fake/", ui));
export const production = fileURLToPath(new URL("dist/", ui));
/** How many times slower than this machine the page is to be: finds the test that looks before the page is there. */
export const SLOWER = Number(process.env.OUTTRAY_SLOWER ?? 1);
const PATIENCE = 8000 * SLOWER;
const shots = process.env.OUTTRAY_SHOTS ?? join(tmpdir(), "outtray-shots");

export function serve(folder = bundle) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = join(folder, normalize(path === "/" ? "/index.html" : path));
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }));
  });
}

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.OUTTRAY_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  small: { colorScheme: "light", viewport: { width: 800, height: 560 } },
  /** Text at 200 %: a window of 1280 × 800 then has room for half of it. */
  large: { colorScheme: "light", viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  contrast: { colorScheme: "dark", forcedColors: "active" },
};

/** One browser and one server for a test file. */
export async function stage() {
  const server = await serve();
  const browser = await openBrowser();
  return {
    /** With `clock` the page's time can be stopped and wound by `page.clock`. */
    async open(scenario, { look = "light", traffic = false, viewport, clock = false } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1200, height: 760 },
        reducedMotion: "reduce",
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        ...looks[look],
        ...(viewport ? { viewport } : {}),
      });
      const page = await context.newPage();
      const faults = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
      });
      page.setDefaultTimeout(PATIENCE);
      if (SLOWER > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      if (clock) await page.clock.install();
      await page.goto(`${server.address}/?fake=${scenario}${traffic ? "" : "&still"}`);
      await page.locator("#page").waitFor();
      await page.evaluate(() => document.fonts.ready);
      return Object.assign(page, { faults });
    },
    /** After each test, also one that failed: no page of it goes on beside the next. */
    async clear() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/**
 * What the page comes to: `soon.equal(() => field.inputValue(), "10")` reads again until it is so.
 * A click or a key has ended before what it sets going is drawn, and what is looked at may stem from before.
 */
export const soon = Object.fromEntries(
  ["ok", "equal", "deepEqual", "match"].map((kind) => [
    kind,
    async (read, ...wanted) => {
      for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 30))) {
        try {
          return assert[kind](await read(), ...wanted);
        } catch (error) {
          if (Date.now() > end) throw error;
        }
      }
    },
  ]),
);

/** Goes to a page of the window by its navigation. */
export async function goTo(page, name) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: new RegExp(`^${name}`) }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Violations that keep someone out; anything milder is not counted. */
export async function accessFaults(page) {
  // What has just become possible still has the colours of before, until its change of colours is over.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished.catch(() => undefined))));
  await page.evaluate(axe);
  // Fluent keeps the focus in a dialog by two empty elements that axe takes for a mistake.
  const { violations } = await page.evaluate(() => window.axe.run({ exclude: [["[data-tabster-dummy]"]] }, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary.split("\n").slice(1, 2).join(" ").trim()})`).join(" | ")}`);
}

export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Boxes that are wider than what holds them: text that is cut, or a page that scrolls sideways. */
export async function overflows(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > innerWidth + 1 ? ["the page scrolls sideways"] : [];
    const main = document.querySelector("#page");
    if (main && main.scrollWidth > main.clientWidth + 1) wide.push(`#page is ${main.scrollWidth} wide in ${main.clientWidth}`);
    return wide;
  });
}
