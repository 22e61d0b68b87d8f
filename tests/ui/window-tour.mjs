/**
 * Opens the real window and takes a picture of every page, when it is told to on its standard input.
 *
 * node window-tour.mjs OUTTRAY DATA-FOLDER PICTURES
 */
import { createInterface } from "node:readline";

import { openWindow, sleep } from "./window-kit.mjs";

const [program, data, pictures] = process.argv.slice(2);
const window = await openWindow(program, ["--data", data], { pictures });

const acts = {
  async setup() {
    await window.find("heading", "Welcome to Outtray");
    await window.picture("1-setup");
    await window.click("button", "Begin");
    await window.click("radio", "Another provider", { start: true });
    await window.picture("2-setup-provider");
  },
  async pages() {
    // Set up in the meantime, from elsewhere: the window has heard of it.
    if (!(await window.has("heading", "Overview"))) {
      await window.click("button", "Leave setup");
      // A provider was chosen on the page before, and nothing was saved: it asks.
      await window.click("button", "Throw it away");
    }
    await window.find("heading", "Overview");
    await sleep(500);
    await window.picture("3-overview");
    for (const [number, page] of [[4, "Queue"], [5, "History"], [7, "Devices"], [8, "Access"], [9, "Settings"]]) {
      await window.click("button", page, { start: true });
      await window.find("heading", page);
      await sleep(500);
      await window.picture(`${number}-${page.toLowerCase()}`);
      if (page === "History") {
        // One recipient has it, one is unknown, and the sender was told.
        await window.clickWith("[role=row]", "bea@customer.example");
        await sleep(800);
        await window.picture("6-story");
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
