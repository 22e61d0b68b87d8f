/**
 * Opens the real window and takes a picture of every step of the setup, every page and every part of one, when it is told to on its standard input.
 *
 * node window-tour.mjs OUTTRAY DATA-FOLDER PICTURES
 */
import { createInterface } from "node:readline";

import { freePort, openWindow, sleep, until } from "./window-kit.mjs";

const [program, data, pictures] = process.argv.slice(2);
const window = await openWindow(program, ["--data", data], { pictures });

let taken = 0;
/** Numbered in the order of the way. */
const picture = (name) => window.picture(`${String((taken += 1)).padStart(2, "0")}-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`);

/** A picture of each part of the page that is open. */
async function parts(page) {
  const names = await window.run(() => [...document.querySelectorAll("[role=tab]")].map((tab) => tab.innerText.trim()));
  if (names.length < 2) throw new Error(`${page} has no parts`);
  for (const name of names) {
    await window.click("tab", name);
    await picture(`${page}-${name}`);
  }
}

const acts = {
  /** Every step, with a provider that is not there: what is in force comes afterwards, from elsewhere. */
  async setup() {
    await window.find("heading", "Welcome to Outtray");
    await picture("setup-welcome");
    await window.click("button", "Begin");
    await window.click("radio", "Another provider", { start: true });
    await window.type("Server", "smtp.practice.example");
    await picture("setup-provider");
    await window.click("button", "Next");

    await window.find("heading", "Sign in to", { start: true });
    if (!(await window.has("textbox", "User name"))) await window.click("radio", "With a password");
    await window.type("User name", "relay@practice.example");
    await window.type("Password", "of the practice provider");
    await picture("setup-sign-in");
    await window.click("button", "Skip the check, I know it is right");

    await window.find("heading", "Who may send?");
    await window.type("Subnet, range or address", "127.0.0.1");
    await window.click("button", "Add");
    await window.find("textbox", "Name of 127.0.0.1");
    await picture("setup-who-may-send");
    await window.click("button", "Next");

    await window.find("heading", "Where devices connect");
    await picture("setup-listening");
    // Nothing of a demonstration is open to others.
    const ticked = () => [...document.querySelectorAll("#page input[type=checkbox]:checked")].filter((box) => /^Port \d+/.test(box.labels?.[0]?.innerText ?? "")).map((box) => (box.click(), true)).length;
    await until("all ports to be unticked", async () => (await window.run(ticked)) === 0);
    await window.click("button", "Add a port");
    await window.type("Address", "127.0.0.1");
    await window.type("Port", String(await freePort()));
    await window.click("button", "Save and go on");

    await window.find("heading", "Send a test message");
    await picture("setup-test");
    await window.click("button", "Go on without a test");
    await window.find("heading", "Outtray is ready");
    await picture("setup-ready");
    await window.click("button", "Open Outtray");
    await window.find("heading", "Overview");
  },
  async pages() {
    // Set up anew in the meantime, from elsewhere: the window has heard of it.
    await sleep(500);
    await picture("overview");
    for (const page of ["Queue", "History", "Devices", "Access", "Settings"]) {
      await window.click("button", page, { start: true });
      await window.find("heading", page);
      await sleep(500);
      if (page === "Access" || page === "Settings") await parts(page);
      else await picture(page);
      if (page === "History") {
        // One recipient has it, one is unknown, and the sender was told.
        await window.clickWith("[role=row]", "bea@customer.example");
        await sleep(800);
        await picture("story");
      }
    }
  },
  async end() {},
};

try {
  for await (const line of createInterface({ input: process.stdin })) {
    await acts[line.trim()]();
    console.log(`done ${line.trim()}`);
    if (line.trim() === "end") break;
  }
} finally {
  await window.close();
}
