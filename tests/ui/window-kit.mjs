/**
 * Drives the real window: W3C WebDriver spoken straight to WebKitWebDriver, no library in between.
 *
 * In: the program, its arguments. Out: a `Window` that finds things as a person does, by role, name and text.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE = Number(process.env.OUTTRAY_PATIENCE ?? 20_000);

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Tries until it gives something, or says what it waited for. */
export async function until(what, attempt, patience = PATIENCE) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      const found = await attempt();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}${last ? ` (${last.message})` : ""}`);
    await sleep(100);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const drivers = new Set();

/** Ends the drivers that are still there, and their windows: a test that failed has closed nothing. */
export function endAll() {
  for (const driver of drivers) {
    const windows = readFileSync(`/proc/${driver.pid}/task/${driver.pid}/children`, "utf8").split(" ").filter(Boolean);
    driver.kill();
    for (const window of windows) {
      try {
        process.kill(Number(window));
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

/** Starts the program with its window under a driver of its own. */
export async function openWindow(binary, args, { pictures } = {}) {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
    stdio: ["ignore", "inherit", "inherit"],
    // The program lets itself be driven only when it is told so by whoever starts it.
    env: { ...process.env, TAURI_AUTOMATION: "true", TAURI_WEBVIEW_AUTOMATION: "true" },
  });
  drivers.add(driver);
  driver.once("exit", () => drivers.delete(driver));
  const base = `http://127.0.0.1:${port}`;
  const send = async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  try {
    await until("the driver", () => send("GET", "/status").then(({ ready }) => ready));
    const { sessionId } = await send("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } },
    });
    return new Window((method, path, body) => send(method, `/session/${sessionId}${path}`, body), driver, pictures);
  } catch (error) {
    driver.kill();
    throw error;
  }
}

class Window {
  #send;
  #driver;
  #pictures;

  constructor(send, driver, pictures) {
    this.#send = send;
    this.#driver = driver;
    this.#pictures = pictures;
    if (pictures) mkdirSync(pictures, { recursive: true });
  }

  /** Runs a function in the page. */
  run(what, ...args) {
    return this.#send("POST", "/execute/sync", { script: `return (${what}).apply(null, arguments)`, args });
  }

  /** Runs a function that gives a promise; a refusal comes back as `{ refused }`. */
  runAsync(what, ...args) {
    const script = `const done = arguments[arguments.length - 1]; const args = Array.from(arguments).slice(0, -1);
      Promise.resolve().then(() => (${what}).apply(null, args)).then((found) => done({ found }), (refused) => done({ refused: String(refused) }))`;
    return this.#send("POST", "/execute/async", { script, args });
  }

  text() {
    return this.run(() => document.body.innerText);
  }

  async sees(text, patience) {
    return until(`the words "${text}"`, async () => (await this.text()).includes(text), patience);
  }

  /** The first visible one with this role (or tag) and accessible name: a text, or its beginning with `start`. */
  async find(role, name, { start = false, patience } = {}) {
    const element = await until(`${role} "${name}"`, () => this.run(findIn, role, name, start), patience);
    return element[ELEMENT];
  }

  async has(role, name) {
    return (await this.run(findIn, role, name, false)) !== null;
  }

  async click(role, name, options) {
    const id = await this.find(role, name, options);
    await until(`${role} "${name}" to be enabled`, () => this.#send("GET", `/element/${id}/enabled`));
    await this.#send("POST", `/element/${id}/click`, {});
  }

  /** Clicks the first of these that has such words in it. */
  async clickWith(selector, words) {
    const pick = (wanted, text) => [...document.querySelectorAll(wanted)].find((element) => (element.textContent ?? "").includes(text)) ?? null;
    const element = await until(`${selector} with "${words}"`, () => this.run(pick, selector, words));
    await this.#send("POST", `/element/${element[ELEMENT]}/click`, {});
  }

  /** Empties a field and types into it. */
  async type(name, text, role = "textbox") {
    const id = await this.find(role, name);
    await this.#send("POST", `/element/${id}/click`, {});
    await this.run((field) => field.select(), { [ELEMENT]: id });
    await this.#send("POST", `/element/${id}/value`, { text });
  }

  async value(name, role = "textbox") {
    const id = await this.find(role, name);
    return this.#send("GET", `/element/${id}/property/value`);
  }

  async picture(name) {
    if (!this.#pictures) return;
    // What the page has just changed must have been drawn.
    await this.runAsync(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true)))));
    await sleep(400);
    const file = join(this.#pictures, `${name}.png`);
    writeFileSync(file, Buffer.from(await this.#send("GET", "/screenshot"), "base64"));
    console.log(`picture ${file}`);
  }

  async close() {
    this.#pictures = undefined;
    try {
      await this.#send("DELETE", "");
    } finally {
      this.#driver.kill();
    }
  }
}

/** Runs in the page: no closure. */
function findIn(role, name, start) {
  const selectors = {
    button: "button, [role=button]",
    link: "a[href], [role=link]",
    textbox: "input:not([type]), input[type=text], input[type=password], input[type=email], input[type=search], input[type=number], textarea, [role=textbox], [role=spinbutton]",
    checkbox: "input[type=checkbox], [role=checkbox], [role=switch]",
    radio: "input[type=radio], [role=radio]",
    heading: "h1, h2, h3, [role=heading]",
    row: "tr, [role=row]",
    tab: "[role=tab]",
  };
  const words = (element) => (element ? element.innerText || element.textContent || "" : "");
  const nameOf = (element) => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(/\s+/).map((id) => words(document.getElementById(id))).join(" ");
    const label = element.getAttribute("aria-label");
    if (label) return label;
    if (element.labels?.length) return [...element.labels].map(words).join(" ");
    return words(element) || element.getAttribute("placeholder") || element.title || "";
  };
  const tidy = (text) => text.replace(/\s+/g, " ").replace(/\s*\*$/, "").trim();
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  for (const element of document.querySelectorAll(selectors[role] ?? role)) {
    const found = tidy(nameOf(element));
    // A real check box may lie invisibly under the drawn one.
    const input = element.matches("input[type=checkbox], input[type=radio]");
    if ((input || seen(element)) && (start ? found.startsWith(name) : found === name)) return element;
  }
  return null;
}
