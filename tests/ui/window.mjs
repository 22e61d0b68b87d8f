/**
 * The real window in front of the real engine: from a fresh folder to the first message handed over.
 *
 * node window.mjs OUTTRAY PRACTICE-PROVIDER FOLDER
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";

import { Device } from "./smtp.mjs";
import { accessTests } from "./window-access.mjs";
import { becomes, trayTests } from "./window-tray.mjs";
import { endAll, openWindow, until } from "./window-kit.mjs";

const [program, providerProgram, folder] = process.argv.slice(2);
const data = join(folder, "data");
const pictures = process.env.OUTTRAY_SHOTS;

const children = [];
let provider;
let window;
let port;
before(async () => {
  provider = await startProvider();
  port = await freePort();
  // Trusted by this machine, as a real provider's authority is.
  process.env.SSL_CERT_FILE = provider.authority;
  window = await openWindow(program, ["--data", data], { pictures });
});
after(async () => {
  // Whatever a test that failed has left: nothing may outlive this.
  for (const child of children) child.kill();
  await window?.close().catch(() => {});
  endAll();
});

afterEach(async (context) => {
  // Node 20 tells no more of a test here than its name.
  await window?.picture(`after ${context.name}`.replace(/[^a-z]+/g, "-"));
});

test("the setup leads to a message that the provider has", async () => {
  await window.find("heading", "Welcome to Outtray");
  await window.click("button", "Begin");
  await window.click("radio", "Another provider", { start: true });
  await window.type("Server", provider.server);
  await window.type("Port", provider.port);
  await window.click("button", "Next");

  await window.find("heading", "Sign in to", { start: true });
  if (!(await window.has("textbox", "User name"))) await window.click("radio", "With a password");
  await window.type("User name", provider.user);
  await window.type("Password", "not the password");
  await window.click("button", "Check connection");
  await window.sees("Sign-in refused");
  await window.picture("setup-refused");
  await window.type("Password", provider.password);
  await window.click("button", "Check again");
  await window.sees("Signed in");
  await window.picture("setup-signed-in");
  await window.click("button", "Next");

  await window.find("heading", "Who may send?");
  await window.type("Subnet, range or address", "127.0.0.1");
  await window.click("button", "Add");
  await window.sees("127.0.0.1");
  await window.click("button", "Next");

  await window.find("heading", "Where devices connect");
  await window.click("checkbox", "Port 25", { start: true });
  await window.click("button", "Add a port");
  await window.type("Address", "127.0.0.1");
  await window.type("Port", String(port));
  await window.picture("setup-listening");
  await window.click("button", "Save and go on");

  await window.find("heading", "Send a test message");
  await window.type("To", "anna@customer.example");
  await window.type("From", "scanner@practice.example");
  await window.click("button", "Send test message");
  await window.sees("Handed over to");
  await window.picture("setup-test");
  const [first] = await taken(1);
  assert.match(first.envelope, /^from scanner@practice\.example\nto anna@customer\.example\nencrypted true\nsigned-in relay@practice\.example$/m);
  await window.click("button", "Next");
  await window.click("button", "Open Outtray");
  await window.find("heading", "Overview");
});

test("a device's message arrives as it was, and the history shows it", async () => {
  const content = "From: scanner@office.example\r\nTo: bea@customer.example\r\nSubject: Scan 0001\r\n\r\n.dots\r\n..and more\r\n";
  const device = await Device.connect(port);
  await device.handIn("scanner@office.example", "bea@customer.example", content);
  await device.quit();
  const second = (await taken(2))[1];
  assert.ok(second.content.endsWith(content), second.content);
  await window.click("button", "History", { start: true });
  await window.sees("Scan 0001");
  await window.picture("history");
});

accessTests({ window: () => window, port: () => port, arrives });

test("the password is in no file of the data folder and on no page", async () => {
  for (const file of readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
    const bytes = readFileSync(join(file.parentPath ?? file.path, file.name));
    assert.ok(!bytes.includes(provider.password), file.name);
  }
  await window.click("button", "Settings", { start: true });
  await window.find("heading", "Settings");
  assert.ok(!(await window.run(() => document.documentElement.outerHTML)).includes(provider.password));
});

test("the window may ask the engine and hear it, and nothing else", async () => {
  const invoke = (command, args) => window.runAsync((name, given) => globalThis.__TAURI_INTERNALS__.invoke(name, given), command, args);
  const answered = await invoke("call", { request: { ask: "machine" } });
  assert.equal(answered.found?.kind, "machine", JSON.stringify(answered));
  // Nobody has asked the tray for anything.
  assert.deepEqual(await invoke("take_wish"), { found: null });
  for (const [command, args] of [
    ["plugin:event|emit", { event: "engine", payload: {} }],
    ["plugin:window|close", { label: "main" }],
    ["plugin:webview|create_webview_window", { options: {} }],
    ["plugin:dialog|open", { options: {} }],
    ["plugin:notification|notify", { options: { title: "x" } }],
    ["plugin:opener|open_url", { url: "https://example.com/" }],
    ["plugin:opener|open_path", { path: "/etc/passwd" }],
    ["plugin:fs|read_text_file", { path: "/etc/passwd" }],
  ]) {
    const { refused } = await invoke(command, args);
    assert.match(String(refused), /not allowed|not found/i, command);
  }
  assert.equal(await window.run(() => typeof globalThis.__TAURI__), "undefined");
});

test("its content policy forbids code and connections from elsewhere", async () => {
  assert.match(String((await window.runAsync(() => fetch("http://127.0.0.1:9/").then(() => "it went through"))).refused), /./);
  assert.equal(
    await window.run(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.smuggled = true";
      document.head.append(script);
      return globalThis.smuggled === true;
    }),
    false,
  );
});

trayTests({ window: () => window, port: () => port, arrives, engine });

test("started again on the same folder, it shows what was done and asks nothing", async () => {
  await window.close();
  window = await openWindow(program, ["--data", data], { pictures });
  await window.find("heading", "Overview");
  await window.click("button", "History", { start: true });
  await window.sees("Scan 0001");
});

test("asked to end by the system, it ends in time and in order", async () => {
  const { processId } = await engine();
  process.kill(processId, "SIGTERM");
  await until("the process to end", () => !isRunning(processId), 10_000);
  await window.close();
  assert.ok(!existsSync(join(data, "engine.running")), "the lock's note is still there");
});

test("it joins an engine that runs already, waits when it goes, and finds it again", async () => {
  const other = join(folder, "other");
  let relay = await startRelay(other);
  window = await openWindow(program, ["--data", other], { pictures });
  await window.find("heading", "Welcome to Outtray");
  const { embedded, processId } = await engine();
  assert.deepEqual({ embedded, processId }, { embedded: false, processId: relay.pid });

  relay.kill("SIGTERM");
  await until("the relay to end", () => relay.exitCode !== null, 12_000);
  const gone = await window.runAsync(() => globalThis.__TAURI_INTERNALS__.invoke("call", { request: { ask: "snapshot" } }));
  assert.ok(gone.refused, "nobody is there to answer");
  await window.picture("engine-gone");
  assert.ok(!existsSync(join(other, "engine.running")), "the window has taken the engine's place");

  relay = await startRelay(other);
  const again = await until("the engine, found again", () => engine().catch(() => null));
  assert.equal(again.processId, relay.pid);
  relay.kill("SIGTERM");
});

test("a second start shows the window of the first, which was in the tray, and ends", async () => {
  await window.close();
  // On this account's own folder: elsewhere, two windows are two trials that must not meet.
  window = await openWindow(program, ["--hidden"], { pictures });
  await window.find("heading", "Welcome to Outtray");
  await becomes("hidden");
  const { processId } = await engine();

  const second = spawn(program, [], { stdio: ["ignore", "ignore", "inherit"] });
  children.push(second);
  await becomes("visible");
  await until("the second start to end", () => second.exitCode !== null);
  assert.equal(second.exitCode, 0);
  assert.equal((await engine()).processId, processId, "the engine is still the first one's");
});

/** What the engine says about itself. */
async function engine() {
  const { found, refused } = await window.runAsync(() => globalThis.__TAURI_INTERNALS__.invoke("call", { request: { ask: "snapshot" } }));
  if (!found) throw new Error(refused);
  return found.snapshot.engine;
}

function isRunning(pid) {
  try {
    // A child nobody has asked about yet is still listed, but it runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function startRelay(at) {
  const child = spawn(join(dirname(program), "outtrayd"), ["run", "--data", at], { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) if (line) break;
  return child;
}

async function startProvider() {
  const child = spawn(providerProgram, [folder], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const found = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, ...value] = line.split(" ");
    if (name === "ready") return found;
    found[name] = value.join(" ");
  }
  throw new Error("the practice provider did not start");
}

/** Waits until the provider has taken so many messages. */
async function taken(count) {
  const file = (number, end) => join(folder, "taken", `${number}.${end}`);
  await until(`message ${count} at the provider`, () => existsSync(file(count, "envelope")));
  return Array.from({ length: count }, (_, at) => ({
    envelope: readFileSync(file(at + 1, "envelope"), "latin1"),
    content: readFileSync(file(at + 1, "eml"), "latin1"),
  }));
}

/** Waits until the provider has taken the message with this subject. */
async function arrives(subject) {
  const taken = join(folder, "taken");
  return until(`"${subject}" at the provider`, () => {
    for (const file of readdirSync(taken).filter((name) => name.endsWith(".envelope"))) {
      const content = readFileSync(join(taken, file.replace(/envelope$/, "eml")), "latin1");
      if (content.includes(`\r\nSubject: ${subject}\r\n`)) return { envelope: readFileSync(join(taken, file), "latin1"), content };
    }
    return null;
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}
