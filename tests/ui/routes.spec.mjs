/**
 * Several mail providers: adding one, the order in which they stand in for each other, routes, and how each is doing.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessFaults, goTo, shoot, soon, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
afterEach(() => play.clear());
after(() => play.close());

const settings = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);

async function save(page) {
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved and in force").first().waitFor();
}

async function openPart(page) {
  await goTo(page, "Settings");
  await page.getByRole("tab", { name: "More providers" }).click();
}

/** A second provider called `backup`, saved. */
async function addBackup(page) {
  await openPart(page);
  await page.getByRole("button", { name: "Add a provider" }).click();
  await page.getByRole("menuitem", { name: "SendGrid" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("backup");
  await save(page);
}

describe("more providers", () => {
  test("one is added from a preset with a secret of its own, and the order is changed", async () => {
    const page = await play.open("flowing");
    await openPart(page);
    await page.getByText("Only the usual provider").first().waitFor();
    await page.getByRole("button", { name: "Add a provider" }).click();
    await page.getByRole("menuitem", { name: "SendGrid" }).click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("backup");
    await page.getByLabel("API key").fill("SG.secret");
    const order = page.getByRole("group", { name: "Order of providers" });
    await order.getByLabel("When these are down").selectOption("backup");
    await save(page);
    const now = await settings(page);
    assert.deepEqual([now.otherSmartHosts[0].name, now.otherSmartHosts[0].smartHost.provider, now.defaultRoute], ["backup", "sendgrid", ["default", "backup"]]);
    const secrets = await page.evaluate(() => window.fakeEngine.world.snapshot.settings.secrets.map((secret) => secret.name));
    assert.ok(secrets.includes("smart-host:backup"), String(secrets));
    await order.getByRole("button", { name: "Move backup up" }).click();
    await save(page);
    await soon.deepEqual(async () => (await settings(page)).defaultRoute, ["backup", "default"]);
    assert.deepEqual(page.faults, []);
  });

  test("a route is made, moved by keys, and goes along when its provider is called otherwise", async () => {
    const page = await play.open("flowing");
    await addBackup(page);
    for (const [name, sender] of [["Newsletters", "news@northwind.example"], ["Alarms", "door@northwind.example"]]) {
      await page.getByRole("button", { name: "Add a route" }).click();
      const route = page.getByRole("listitem").filter({ hasText: /^Route \d/ }).last();
      await route.getByRole("textbox", { name: "Senders" }).fill(sender);
      await route.getByRole("textbox", { name: "Name", exact: true }).fill(name);
    }
    await page.getByRole("button", { name: "Move the route “Alarms” up" }).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText("the route “Alarms” is now route 1 of 2.").first().waitFor({ state: "attached" });
    // By dragging, back and forth; the row that is being changed is not to be dragged.
    const row = (name) => page.getByRole("listitem").filter({ has: page.getByRole("button", { name: `Change the route “${name}”` }) });
    for (const name of ["Newsletters", "Alarms"]) {
      const change = page.getByRole("button", { name: `Change the route “${name}”` });
      if ((await change.getAttribute("aria-expanded")) === "true") await change.click();
    }
    await row("Newsletters").dragTo(row("Alarms"));
    await page.getByText("the route “Newsletters” is now route 1 of 2.").first().waitFor({ state: "attached" });
    await row("Alarms").dragTo(row("Newsletters"));
    await page.getByText("the route “Alarms” is now route 1 of 2.").first().waitFor({ state: "attached" });
    // What was open when it was saved stays open.
    await soon.equal(() => page.getByRole("button", { name: "Change backup" }).getAttribute("aria-expanded"), "true");
    await page.getByLabel("API key").fill("SG.secret");
    await page.getByRole("textbox", { name: "Name", exact: true }).first().fill("second");
    await save(page);
    await shoot(page, "routes");
    await page.setViewportSize({ width: 1200, height: 1900 });
    await shoot(page, "routes-tall");
    const { routes, otherSmartHosts } = await settings(page);
    assert.deepEqual(routes.map((route) => [route.name, route.senders, route.via]), [
      ["Alarms", ["door@northwind.example"], ["second", "default"]],
      ["Newsletters", ["news@northwind.example"], ["second", "default"]],
    ]);
    const secrets = await page.evaluate(() => window.fakeEngine.world.snapshot.settings.secrets.map((secret) => secret.name));
    assert.ok(secrets.includes("smart-host:second"), String(secrets));
    await page.getByRole("button", { name: "Remove second" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByText("then leads to").first().waitFor();
    await question.getByText("taken out of the credential store").first().waitFor();
    await question.getByRole("button", { name: "Keep it" }).click();
    await question.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove second" }).click();
    await question.getByRole("button", { name: "Remove second" }).click();
    // Routes that led to it alone lead nowhere; these two have another.
    await save(page);
    await soon.deepEqual(async () => (await settings(page)).routes.map((route) => route.via), [["default"], ["default"]]);
    assert.equal(otherSmartHosts[0].name, "second");
    await soon.deepEqual(async () => (await settings(page)).otherSmartHosts, []);
    assert.deepEqual(page.faults, []);
  });

  test("removing one that mail waits for says what becomes of it", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await play.open("several-lanes", { look });
      await openPart(page);
      await page.getByRole("button", { name: "Remove Invoices" }).click();
      const question = page.getByRole("alertdialog");
      await question.getByText(/messages? waits? for it\. None is lost/).first().waitFor();
      await shoot(page, `routes-remove-${look}`);
      assert.deepEqual(await accessFaults(page), [], look);
      await question.getByRole("button", { name: "Remove Invoices" }).click();
      await soon.equal(() => page.getByRole("button", { name: "Remove Invoices" }).count(), 0);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test("the overview shows how each is doing, with its buttons", async () => {
    const page = await play.open("flowing");
    await addBackup(page);
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      const lane = { ...world.snapshot.lane, failedOver: true, state: { kind: "throttled", problem: { code: "connectionRefused", said: "refused" }, since: Date.now(), nextTry: Date.now() + 60_000 } };
      world.snapshot.lane = lane;
      window.fakeEngine.say({ kind: "laneChanged", lane });
    });
    await goTo(page, "Overview");
    await page.getByText("Mail is flowing through another provider").first().waitFor();
    const lanes = page.getByRole("region", { name: "Mail providers" });
    await lanes.getByText("Its mail goes through the next provider of its order.").first().waitFor();
    await lanes.getByText("214 of 10,000 in 24 h").first().waitFor();
    await shoot(page, "lanes-overview");
    await lanes.getByRole("button", { name: "Pause backup" }).click();
    await lanes.getByText("paused", { exact: true }).first().waitFor();
    await lanes.getByRole("button", { name: "Resume backup" }).click();
    await lanes.getByRole("button", { name: "Try Microsoft 365 now" }).click();
    await lanes.getByRole("button", { name: "Try Microsoft 365 now" }).waitFor({ state: "detached" });
    assert.deepEqual(page.faults, []);
  });

  test("a sender that is refused is told in words", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      world.snapshot.notices = [{ code: "senderWaits", subject: "boss@northwind.example", said: "554 5.2.252 SendAsDenied" }];
      window.fakeEngine.say({ kind: "noticesChanged", notices: world.snapshot.notices });
    });
    await goTo(page, "Overview");
    await page.getByText("Microsoft 365 takes no mail from boss@northwind.example.").first().waitFor();
    await page.getByText("all other mail goes on", { exact: false }).first().waitFor();
  });
});
