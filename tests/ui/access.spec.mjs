/**
 * Who may send, and who did: rules and their order, the test box, accounts, lists, devices and held bursts.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { goTo, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
after(() => play.close());

const settings = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);
const names = async (page) => (await settings(page)).rules.map((rule) => rule.name);

describe("the access page", () => {
  test("moves a rule by its buttons and by dragging, says so, and saves the order", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Move Office up" }).click();
    await page.getByText("Office is now rule 1 of 2.").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").waitFor();
    assert.deepEqual(await names(page), ["Office", "Door system"]);
    await page.getByRole("listitem").filter({ hasText: "Door system" }).dragTo(page.getByRole("listitem").filter({ hasText: "10.0.0.0/26" }));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").waitFor();
    assert.deepEqual(await names(page), ["Door system", "Office"]);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("changes conditions; what is wrong stands beside its field and is not saved", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByLabel("Only encrypted").check();
    await page.getByLabel("Messages a minute").fill("30");
    await page.getByLabel("Network", { exact: true }).fill("10.0.0.0/99");
    await page.getByLabel("Network", { exact: true }).blur();
    await page.getByText("This is no address and no subnet").waitFor();
    assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
    await page.getByLabel("Network", { exact: true }).fill("10.0.0.0/24");
    await page.getByLabel("Network", { exact: true }).blur();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force").waitFor();
    const rule = (await settings(page)).rules[1];
    assert.deepEqual([rule.network, rule.requireEncryption, rule.rate.messagesPerMinute], ["10.0.0.0/24", true, 30]);
    await page.context().close();
  });

  test("asks the engine who may send, also about rules that are not saved", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByLabel("May this device").fill("10.0.0.7");
    await page.getByLabel("send as").fill("a@contoso.example");
    await page.getByRole("textbox", { name: "to", exact: true }).fill("b@northwind.example");
    await page.getByRole("button", { name: "Ask the engine" }).click();
    await page.getByText("Rule 2 (Office) does not allow it.").waitFor();
    await page.getByText("550 5.7.1 <a@contoso.example>").waitFor();
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByLabel("Senders").fill("");
    await page.getByRole("button", { name: "Ask the engine" }).click();
    await page.getByText("Rule 2 (Office) allows it.").waitFor();
    assert.deepEqual((await settings(page)).rules[1].senders, ["northwind.example"], "asking saves nothing");
    await page.context().close();
  });

  test("makes an account, then its password, which is never shown again", async () => {
    const page = await play.open("empty");
    await goTo(page, "Access");
    await page.getByRole("tab", { name: "Device accounts" }).click();
    await page.getByRole("button", { name: "Remove branch" }).click();
    await page.getByRole("button", { name: "Add an account" }).first().click();
    await page.getByLabel("User name").fill("warehouse");
    assert.ok(await page.getByRole("button", { name: "Set password…" }).isDisabled(), "it is not in force yet");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Set password…" }).click();
    await page.getByRole("button", { name: "Make one up" }).click();
    const password = await page.getByLabel("Password", { exact: true }).inputValue();
    assert.match(password, /^[a-z2-9]{20}$/);
    await page.getByRole("button", { name: "Set password", exact: true }).click();
    await page.getByText("password is set", { exact: true }).waitFor();
    assert.ok(!(await page.content()).includes(password));
    await page.context().close();
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
    await page.getByText("Saved and in force").waitFor();
    const { lists, attachments, headers, bursts } = await settings(page);
    assert.deepEqual(lists.deniedRecipients, ["freemail.example"]);
    assert.equal(attachments.refuse, false);
    assert.deepEqual(headers, [{ name: "", field: "Subject", pattern: "draft*", action: { kind: "hold" } }]);
    assert.equal(bursts.leastPerHour, 40);
    await page.context().close();
  });
});

describe("the devices page", () => {
  test("lets held mail go with one click, and deletes it only after asking", async () => {
    const page = await play.open("burst");
    await goTo(page, "Devices");
    await page.getByText("512 messages are held").waitFor();
    await page.getByRole("button", { name: "Delete them…" }).click();
    await page.getByRole("button", { name: "Keep them" }).click();
    await page.getByRole("button", { name: "Let them go" }).click();
    await page.getByText("512 messages are on the way now.").first().waitFor();
    await page.getByText("512 messages are held").waitFor({ state: "detached" });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("allows a refused device, finds devices and refusals, leads to a device's messages", async () => {
    const page = await play.open("refused-devices");
    await goTo(page, "Devices");
    await page.getByRole("button", { name: "Allow this device" }).first().click();
    await page.getByText("HP LaserJet M428 may send now").first().waitFor();
    assert.ok((await settings(page)).rules.some((rule) => rule.network === "10.0.0.77"));
    await page.getByRole("searchbox", { name: "Find a device" }).fill("branch");
    await page.getByRole("rowheader", { name: /198\.51\.100\.7/ }).waitFor();
    assert.equal(await page.getByRole("rowheader").count(), 1);
    await page.getByRole("searchbox", { name: "Find a refusal" }).fill("size exceeds");
    await page.getByText("Reception scanner").last().waitFor();
    await page.getByRole("button", { name: "branch-scanner" }).click();
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "client:198.51.100.7");
    await page.context().close();
  });

  test("says what will appear and how to make it appear when nobody has come by", async () => {
    const page = await play.open("empty");
    await goTo(page, "Devices");
    await page.getByText("No device has come by yet").waitFor();
    await page.context().close();
  });
});
