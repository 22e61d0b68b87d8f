/**
 * Who may send, decided in the real window and felt by real devices: refused and let in, an account, the question
 * beforehand, and mail that is held for being too much.
 *
 * Each test goes on where the one before ended. In: what is there by now, as functions.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "./smtp.mjs";
import { until } from "./window-kit.mjs";

const message = (subject) => `From: scanner@office.example\r\nTo: bea@customer.example\r\nSubject: ${subject}\r\n\r\nbody\r\n`;

/** `window()` and `port()` are those of the moment; `arrives(subject)` waits until the provider has such a message. */
export function accessTests({ window: now, port, arrives }) {
  const hands = async (device, subject) => device.handIn("scanner@office.example", "bea@customer.example", message(subject));
  const goTo = async (page) => {
    await now().click("button", page, { start: true });
    await now().find("heading", page);
  };

  test("a device that is refused is let in by one click, and its mail arrives", async () => {
    const window = now();
    const printer = { address: "127.0.0.9", name: "printer-9" };
    const stranger = await Device.connect(port(), printer);
    const heard = await stranger.says("MAIL FROM:<scanner@office.example>", "550");
    assert.match(heard, /127\.0\.0\.9/);
    await stranger.quit();
    await goTo("Devices");
    await window.sees("printer-9 (127.0.0.9) was refused");
    await window.picture("devices-refused");
    await window.click("button", "Allow this device");
    await window.sees("1 refused before");
    await until("nothing to be left to mend", async () => !(await window.has("button", "Allow this device")));
    const device = await Device.connect(port(), printer);
    await hands(device, "From the printer that was refused");
    await device.quit();
    const { envelope } = await arrives("From the printer that was refused");
    assert.match(envelope, /^from scanner@office\.example\nto bea@customer\.example\n/);
  });

  test("an account made here lets a device in from anywhere, encrypted only", async () => {
    const window = now();
    await goTo("Access");
    await window.click("tab", "Device accounts");
    await window.click("button", "Add an account");
    await window.type("User name", "branch");
    await window.click("button", "Save");
    await window.sees("Saved and in force.");
    await window.click("button", "Set password…");
    await window.click("button", "Make one up");
    const password = await until("a password", () => window.value("Password"));
    await window.click("button", "Set password");
    await window.sees("Enter this in the device now");
    await window.picture("account-password");
    await window.sees(password);
    await window.click("button", "Done");
    await window.sees("password is set");
    await until("the password to be shown no more", async () => !(await window.text()).includes(password));

    const device = await Device.connect(port(), { address: "127.0.0.20", name: "branch-scanner" });
    await device.says("MAIL FROM:<scanner@office.example>", "530");
    await device.signIn("branch", password, "538");
    await device.startTls();
    await device.signIn("branch", password);
    await hands(device, "From the branch");
    await device.quit();
    await arrives("From the branch");
    await goTo("Devices");
    await window.sees("signs in as branch");
    await until("it needs nobody any more", async () => !(await window.text()).includes("branch-scanner (127.0.0.20) was refused"));
  });

  test("the question beforehand is answered by the engine, with the rule that decides", async () => {
    const window = now();
    await goTo("Access");
    for (const [address, answer] of [["127.0.0.9", "(printer-9) allows it."], ["127.0.0.30", "No rule fits this address"]]) {
      await window.type("May this device", address);
      await window.type("send as", "scanner@office.example");
      await window.type("to", "bea@customer.example");
      await window.click("button", "Ask the engine");
      await window.sees(answer);
      await window.picture(`asked-${address}`);
    }
    await window.sees("The device hears: 530 5.7.0");
  });

  test("a device that suddenly sends too much is held, and let go from here", async () => {
    const window = now();
    await window.click("tab", "Unusual amounts");
    await window.type("Never below, recipients an hour", "3");
    await window.click("button", "Save");
    await window.sees("Saved and in force.");
    // One went already: two more are within the measure, and the others are not.
    const device = await Device.connect(port(), { address: "127.0.0.9", name: "printer-9" });
    for (const n of [2, 3, 4, 5]) await hands(device, `Circle ${n}.`);
    await device.quit();
    await Promise.all([2, 3].map((n) => arrives(`Circle ${n}.`)));
    await goTo("Devices");
    await window.sees("printer-9 (127.0.0.9) suddenly sends far more than usual: 2 messages are held");
    await window.sees("The first of it came");
    await window.picture("devices-held");
    await window.click("button", "Release");
    await Promise.all([4, 5].map((n) => arrives(`Circle ${n}.`)));
    await until("the notice to go", async () => !(await window.has("button", "Release")));
  });
}
