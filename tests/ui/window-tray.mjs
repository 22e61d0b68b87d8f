/**
 * Closed is not ended: the real window goes into the tray, mail goes on, and the tray brings it back.
 *
 * In: what is there by now, as functions.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

import { Device } from "./smtp.mjs";
import { trayOf } from "./tray.mjs";
import { until } from "./window-kit.mjs";

const TITLE = "Outtray";
const desktop = (wanted) => execFileSync("python3", [join(import.meta.dirname, "x11.py"), TITLE, wanted], { encoding: "utf8" }).trim();

export const becomes = (state) => until(`a window that is ${state}`, () => desktop("state") === state);

export function trayTests({ window: now, port, arrives, engine }) {
  test("closed by its cross it is in the tray, mail goes on, and the tray opens it again", async () => {
    const { processId } = await engine();
    const tray = await until("the tray's menu", () => trayOf(processId));
    await becomes("visible");
    desktop("close");
    await becomes("hidden");

    const device = await Device.connect(port());
    await device.handIn("scanner@office.example", "bea@customer.example", "From: scanner@office.example\r\nSubject: With the window closed\r\n\r\nx\r\n");
    await device.quit();
    await arrives("With the window closed");

    await until("the tray to say that mail is flowing", () => tray.lines().has("Mail is flowing"));
    tray.click("Open Outtray");
    await becomes("visible");
    // The same page in the same process: nothing was lost by closing.
    assert.equal((await engine()).processId, processId);
    await now().click("button", "History", { start: true });
    await now().sees("With the window closed");
  });

  test("the tray pauses delivery, the window says so, and resumes it", async () => {
    const tray = await until("the tray's menu", async () => trayOf((await engine()).processId));
    tray.click("Pause delivery");
    await now().sees("paused");
    await until("the tray to offer the way back", () => tray.lines().has("Resume delivery"));
    tray.click("Resume delivery");
    await until("the tray to offer pausing again", () => tray.lines().has("Pause delivery"));
  });

  test("closed once more it is not ended by it, and Send test in the tray opens it where a test is sent", async () => {
    const { processId } = await engine();
    desktop("close");
    await becomes("hidden");
    (await until("the tray's menu", () => trayOf(processId))).click("Send test…");
    await becomes("visible");
    await now().find("heading", "Send a test message");
  });
}
