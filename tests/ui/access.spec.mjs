/**
 * Who may send, and who did: rules and their order, the test box, accounts, lists, devices and held bursts.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { goTo, shoot, soon, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
afterEach(() => play.clear());
after(() => play.close());

const settings = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);
const names = async (page) => (await settings(page)).rules.map((rule) => rule.name);

describe("the access page", () => {
  test("moves a rule by its buttons and by dragging, says so, and saves the order", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Move Office up" }).click();
    await page.getByText("Office is now rule 1 of 2.").first().waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    await soon.deepEqual(() => names(page), ["Office", "Door system"]);
    await page.getByRole("listitem").filter({ hasText: "Door system" }).dragTo(page.getByRole("listitem").filter({ hasText: "10.0.0.0/26" }));
    await page.getByText("Door system is now rule 1 of 2.").first().waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    await soon.deepEqual(() => names(page), ["Door system", "Office"]);
    assert.deepEqual(page.faults, []);
  });

  test("moves a rule by keys alone, and the focus goes with it", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await page.getByRole("button", { name: "Move Door system down" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Door system is now rule 2 of 2.").first().waitFor({ state: "attached" });
    await soon.equal(() => focused(), "Move Door system down");
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText("Door system is now rule 1 of 2.").first().waitFor({ state: "attached" });
    await soon.equal(() => focused(), "Move Door system down");
    await page.getByRole("button", { name: "Change Office" }).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await soon.equal(() => focused(), "Change Office");
    // At the end there is nowhere to go.
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    await soon.deepEqual(() => names(page), ["Office", "Door system"]);
  });

  test("an open rule stays open when others are moved around it", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByRole("button", { name: "Move Office up" }).click();
    await soon.equal(() => page.getByRole("textbox", { name: "Network", exact: true }).inputValue(), "10.0.0.0/26");
    await page.getByRole("button", { name: "Remove Door system" }).click();
    await soon.equal(() => page.getByRole("textbox", { name: "Network", exact: true }).inputValue(), "10.0.0.0/26");
  });

  test("offers this machine's own networks, and wants a word for public ranges", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Allow 10.0.0.0/24 (Ethernet)" }).click();
    await page.getByRole("button", { name: "Allow 10.0.0.0/24 (Ethernet)" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Add a rule" }).click();
    await page.getByLabel("Network", { exact: true }).fill("198.51.100.20-198.51.100.29");
    await page.getByText("10 addresses: 198.51.100.20 to 198.51.100.29").first().waitFor();
    await page.getByLabel(/type PUBLIC/).fill("PUBLIC");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    const { rules } = await settings(page);
    assert.deepEqual(rules.slice(2).map((rule) => [rule.network, rule.name, rule.publicOnPurpose]), [["10.0.0.0/24", "Ethernet", false], ["198.51.100.20-198.51.100.29", "", true]]);
  });

  test("asks before unsaved rules are left, and saves nothing of another page with them", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Move Office up" }).click();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: /^Settings/ }).click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("not in force yet: rules").first().waitFor();
    // Meanwhile somebody else changes what stands on another page.
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      return window.fakeEngine.answer({ ask: "applySettings", settings: { ...world.snapshot.settings.settings, hostName: "relay.northwind.example" } });
    });
    await dialog.getByRole("button", { name: "Save and leave" }).click();
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    const saved = await settings(page);
    assert.deepEqual([saved.rules[0].name, saved.hostName], ["Office", "relay.northwind.example"]);
    await soon.equal(() => page.getByRole("tab", { name: "Who may send" }).count(), 0, "it is a page of its own");
  });

  test("changes conditions; what is wrong stands beside its field and is not saved", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByLabel("Only encrypted").check();
    await page.getByLabel("Messages a minute").fill("30");
    await page.getByLabel("Network", { exact: true }).fill("10.0.0.0/99");
    await page.getByLabel("Network", { exact: true }).blur();
    await page.getByText("This is no address and no subnet").first().waitFor();
    await soon.ok(() => page.getByRole("button", { name: "Save" }).isDisabled());
    await page.getByLabel("Network", { exact: true }).fill("10.0.0.0/24");
    await page.getByLabel("Network", { exact: true }).blur();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    const rule = (await settings(page)).rules[1];
    assert.deepEqual([rule.network, rule.requireEncryption, rule.rate.messagesPerMinute], ["10.0.0.0/24", true, 30]);
  });

  test("asks the engine who may send, also about rules that are not saved", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByLabel("May this device").fill("10.0.0.7");
    await page.getByLabel("send as").fill("a@contoso.example");
    await page.getByRole("textbox", { name: "to", exact: true }).fill("b@northwind.example");
    await page.getByRole("button", { name: "Ask the engine" }).click();
    await page.getByText("Rule 2 (Office) does not allow it.").first().waitFor();
    await page.getByRole("listitem").filter({ hasText: "Office" }).getByText("decides", { exact: true }).first().waitFor();
    await page.getByText("550 5.7.1 <a@contoso.example>").first().waitFor();
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByLabel("Senders").fill("");
    // Of other rules it is no answer.
    await page.getByText("decides", { exact: true }).first().waitFor({ state: "detached" });
    await page.getByText("does not allow it").first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Ask the engine" }).click();
    await page.getByText("Rule 2 (Office) allows it.").first().waitFor();
    await soon.deepEqual(async () => (await settings(page)).rules[1].senders, ["northwind.example"], "asking saves nothing");
  });

  test("makes an account, then its password, which is shown once", async () => {
    const page = await play.open("empty");
    await goTo(page, "Access");
    await page.getByRole("tab", { name: "Device accounts" }).click();
    await page.getByRole("button", { name: "Remove branch" }).click();
    await page.getByRole("button", { name: "Add an account" }).first().click();
    await page.getByLabel("User name").fill("warehouse");
    await soon.ok(() => page.getByRole("button", { name: "Set password…" }).isDisabled(), "it is not in force yet");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Set password…" }).click();
    await page.getByRole("button", { name: "Make one up" }).click();
    await soon.match(() => page.getByLabel("Password", { exact: true }).inputValue(), /^[a-z2-9]{20}$/);
    const password = await page.getByLabel("Password", { exact: true }).inputValue();
    await page.getByRole("button", { name: "Set password", exact: true }).click();
    const told = page.getByRole("alertdialog");
    await told.getByText("Enter this in the device now").first().waitFor();
    await soon.equal(() => told.locator("[data-password]").innerText(), password);
    await page.evaluate(() => {
      navigator.clipboard.writeText = (text) => ((window.copied = text), Promise.resolve());
    });
    await told.getByRole("button", { name: "Copy password" }).click();
    await told.getByText("Copied").first().waitFor();
    await soon.equal(() => page.evaluate(() => window.copied), password);
    await told.getByRole("button", { name: "Done" }).click();
    await page.getByText("password is set", { exact: true }).first().waitFor();
    await soon.ok(async () => !(await page.content()).includes(password));

    await page.getByRole("button", { name: "Change password…" }).click();
    await page.getByRole("button", { name: "Remove the password" }).click();
    await page.getByText("no password yet").first().waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("keeps lists, attachments, header rules and amounts", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("tab", { name: "Senders and recipients" }).click();
    await page.getByLabel("Mail may not be for these").fill("freemail.example\n");
    await page.getByRole("tab", { name: "Content" }).click();
    await page.getByLabel("Refuse mail with attachments").uncheck();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("has", { exact: true }).fill("draft*");
    await page.getByRole("tab", { name: "Unusual amounts" }).click();
    await page.getByLabel("Never below, recipients an hour").fill("40");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    const { lists, attachments, headers, bursts } = await settings(page);
    assert.deepEqual(lists.deniedRecipients, ["freemail.example"]);
    assert.equal(attachments.refuse, false);
    assert.deepEqual(headers, [{ name: "", field: "Subject", pattern: "draft*", action: { kind: "hold" } }]);
    assert.equal(bursts.leastPerHour, 40);
  });
});

describe("header rules", () => {
  test("are for messages with a field, or for every message, and then neither refuse nor hold", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("tab", { name: "Content" }).click();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("For", { exact: true }).selectOption("every message");
    const then = page.getByLabel("then", { exact: true });
    await soon.deepEqual(() => then.locator("option").allInnerTexts(), ["Take the field out", "Add a field"]);
    await soon.equal(() => page.getByLabel("has", { exact: true }).count(), 0, "there is nothing to look into");
    await page.getByLabel("Field to add").fill("Content-Type");
    await page.getByLabel("Its value").fill("Müller & Söhne");
    await page.getByLabel("Its value").blur();
    await page.getByText("cannot be changed; another field").first().waitFor();
    await page.getByLabel("Field to add").fill("X-Organization");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await then.last().selectOption("Take the field out");
    await page.getByLabel("Field", { exact: true }).fill("X-Scanner-Serial");
    await page.getByLabel("For", { exact: true }).last().selectOption("every message");
    await soon.equal(() => page.getByLabel("Field to take out").inputValue(), "X-Scanner-Serial", "it goes along");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").first().waitFor();
    await shoot(page, "header-rules");
    await soon.deepEqual(async () => (await settings(page)).headers, [
      { name: "", field: null, pattern: "", action: { kind: "add", field: "X-Organization", value: "Müller & Söhne" } },
      { name: "", field: null, pattern: "", action: { kind: "remove", field: "X-Scanner-Serial" } },
    ]);
    assert.deepEqual(page.faults, []);
  });
});

describe("the devices page", () => {
  const held = (page) => page.evaluate(() => window.fakeEngine.world.queue.filter((entry) => entry.state === "held").map((entry) => `${entry.client} ${entry.held.kind}`));
  const burst = (page) => page.getByRole("heading", { name: /suddenly sends far more than usual: 512 messages are held/ });

  test("says how much is held, since when and what is usual, and releases it with one click", async () => {
    const page = await play.open("burst");
    for (const place of ["Overview", "Devices"]) {
      await goTo(page, place);
      await burst(page).waitFor();
      await page.getByText("The first of it came 10 min ago.").first().waitFor();
      for (const [term, figure] of [["Busiest hour of the last 14 days", "24 recipients"], ["In this hour", "612 recipients"], ["Held above", "120 recipients"]]) {
        await page.getByRole("term").filter({ hasText: term }).locator("xpath=..").getByText(figure).first().waitFor();
      }
    }
    await page.getByRole("button", { name: "Look at them" }).click();
    await page.getByRole("heading", { level: 1, name: "Queue" }).waitFor();
    await soon.equal(() => page.getByRole("searchbox").inputValue(), "client:10.0.0.63");
    await page.getByRole("row").nth(1).click();
    await page.getByText("Its device suddenly sent far more than usual. It waits until someone releases it.").first().waitFor();
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Release", exact: true }).click();
    await page.getByText("512 messages are on the way now.").first().waitFor();
    await burst(page).waitFor({ state: "detached" });
    await soon.deepEqual(() => held(page), ["10.0.0.20 person"], "what a person holds stays");
    assert.deepEqual(page.faults, []);
  });

  test("keeps held mail back on hold", async () => {
    const page = await play.open("burst");
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Keep back", exact: true }).click();
    await page.getByText("512 messages stay on hold, in the queue.").first().waitFor();
    await burst(page).waitFor({ state: "detached" });
    const left = await held(page);
    assert.deepEqual([left.length, new Set(left)], [513, new Set(["10.0.0.20 person", "10.0.0.63 person"])]);
  });

  test("deletes held mail only after asking, and nothing of another device or another reason", async () => {
    const page = await play.open("burst");
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      const [one] = world.queue.filter((entry) => entry.held?.kind === "burst");
      // Its address is found by the same words, and so is what a person holds of the device itself.
      world.queue.push({ ...one, id: "of-another-device", client: "10.0.0.634" }, { ...one, id: "of-another-reason", held: { kind: "person" } });
    });
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Delete…", exact: true }).click();
    await page.getByRole("alertdialog").getByText("Delete 512 messages?").first().waitFor();
    await page.getByRole("button", { name: "Keep them", exact: true }).click();
    await burst(page).waitFor();
    await page.getByRole("button", { name: "Delete…", exact: true }).click();
    await page.getByRole("button", { name: "Delete 512 messages" }).click();
    await page.getByText("512 messages were deleted.").first().waitFor();
    await burst(page).waitFor({ state: "detached" });
    await soon.deepEqual(async () => (await held(page)).sort(), ["10.0.0.20 person", "10.0.0.63 person", "10.0.0.634 burst"]);
  });

  test("allows a refused device, finds devices and refusals, leads to a device's messages", async () => {
    const page = await play.open("refused-devices");
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Allow this device" }).first().click();
    await page.getByText("HP LaserJet M428 may send now, by rule 3.").first().waitFor();
    await page.getByRole("heading", { name: /^HP LaserJet M428/ }).waitFor({ state: "detached" });
    await page.getByText("4 refused before").first().waitFor();
    await soon.ok(async () => (await settings(page)).rules.some((rule) => rule.network === "10.0.0.77"));
    await page.getByRole("searchbox", { name: "Find a device" }).fill("branch");
    await page.getByRole("rowheader", { name: /198\.51\.100\.7/ }).waitFor();
    await soon.equal(() => page.getByRole("rowheader").count(), 1);
    await page.getByRole("searchbox", { name: "Find a refusal" }).fill("size exceeds");
    await page.getByText("Reception scanner").last().waitFor();
    await page.getByRole("button", { name: "branch-scanner" }).click();
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await soon.equal(() => page.getByRole("searchbox").inputValue(), "client:198.51.100.7");
  });

  test("a device that a rule refuses is let in by one above it, and only in ways that hide no rule", async () => {
    const page = await play.open("refused-devices");
    await page.evaluate(() => {
      const { answer } = window.fakeEngine;
      const { settings } = window.fakeEngine.world.snapshot.settings;
      const [office] = settings.rules.slice(1);
      const rules = [...settings.rules, { ...office, name: "Old printers", network: "10.0.0.64/26", action: "refuse" }];
      return answer.call(window.fakeEngine, { ask: "applySettings", settings: { ...settings, rules } });
    });
    await goTo(page, "Devices");
    const laser = page.locator("section", { hasText: "Needs you" }).locator("div", { has: page.getByRole("heading", { name: /^HP LaserJet/ }) }).last();
    await page.getByText("Rule 3 (Old printers) refuses its address.").first().waitFor();
    await soon.equal(() => page.getByRole("button", { name: "Allow 10.0.0.0/24" }).count(), 0, "it would hide rule 3");
    await page.getByRole("button", { name: "Change its rule" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Access" }).waitFor();
    await soon.equal(() => page.getByRole("textbox", { name: "Network", exact: true }).inputValue(), "10.0.0.64/26", "the rule is open");
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Allow this device" }).first().click();
    await page.getByText("HP LaserJet M428 may send now, by rule 3.").first().waitFor();
    await soon.deepEqual(async () => (await settings(page)).rules.map((rule) => `${rule.action} ${rule.network}`).slice(2), ["allow 10.0.0.77", "refuse 10.0.0.64/26"]);
    await laser.waitFor({ state: "detached" });
  });

  test("says of each reason what it means, and what to set on an old device", async () => {
    const page = await play.open("every-refusal");
    await goTo(page, "Devices");
    await soon.equal(() => page.getByRole("button", { name: "Ignore" }).count(), 4, "the newest, the others on a click");
    await page.getByRole("button", { name: "Show 11 more devices that were refused" }).click();
    await soon.equal(() => page.getByRole("button", { name: "Ignore" }).count(), 15);
    await page.getByText("It offers only TLS 1.0, and TLS 1.2 is the oldest that is safe").first().waitFor();
    await page.getByText("switch its encryption off and use port 25").first().waitFor();
    await page.getByRole("button", { name: "Ignore" }).first().click();
    await page.getByRole("heading", { name: /^Copier 2nd floor/ }).waitFor({ state: "detached" });
    // It stays to be read in its line.
    await page.getByRole("button", { name: "2 refused: why Copier 2nd floor was" }).click();
    await page.getByRole("heading", { name: /^Copier 2nd floor/ }).waitFor();
    await page.getByRole("button", { name: "Attachments" }).click();
    await page.getByRole("tab", { name: "Content", selected: true }).waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("says what will appear and how to make it appear when nobody has come by", async () => {
    const page = await play.open("empty");
    await goTo(page, "Devices");
    await page.getByText("No device has come by yet").first().waitFor();
  });
});

describe("troubles of the engine's own", () => {
  test("each lead to where they are mended", async () => {
    const page = await play.open("own-troubles");
    for (const [button, heading, tab] of [
      ["Device accounts", "Access", "Device accounts"],
      ["Change pickup folder", "Settings", "Listening"],
      ["Change certificate", "Settings", "Listening"],
    ]) {
      await goTo(page, "Overview");
      await page.getByRole("button", { name: button, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await page.getByRole("tab", { name: tab, selected: true }).waitFor();
    }
    await goTo(page, "Overview");
    await page.getByText("The account branch suddenly sends far more than usual").first().waitFor();
    await page.getByRole("button", { name: "Refuse 198.51.100.7" }).click();
    await page.getByText("Nothing is taken from 198.51.100.7 any more").first().waitFor();
    const rule = (await settings(page)).rules.at(-1);
    assert.deepEqual([rule.action, rule.network, rule.name], ["refuse", "198.51.100.7", "Guessed passwords"]);
    await page.getByRole("button", { name: "Refuse 198.51.100.7" }).waitFor({ state: "detached" });
    assert.deepEqual(page.faults, []);
  });
});
