/**
 * Through which provider a message went or waits for, in queue, history and story; and messages that were sent again.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessFaults, goTo, overflows, shoot, soon, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
afterEach(() => play.clear());
after(() => play.close());

const WIDE = { width: 1500, height: 760 };
const NIGHT = "Alarm backup of the night watch";
const providers = (page) => page.locator("[role=row] [role=gridcell][title]").evaluateAll((cells) => cells.map((cell) => cell.title));
const wanted = (page, list) => page.evaluate((list) => window.fakeEngine.world[list].map(({ waitsFor, lane }) => (waitsFor.length > 0 ? waitsFor : [lane])), list);

describe("providers in the lists", () => {
  test("each row of the queue says for which it waits, and the list is filtered by one", async () => {
    const page = await play.open("several-lanes", { viewport: WIDE });
    await goTo(page, "Queue");
    await page.getByRole("columnheader", { name: "Provider" }).waitFor();
    const label = (name) => (name === "default" ? "Microsoft 365" : name);
    await soon.deepEqual(() => providers(page), (await wanted(page, "queue")).map((lanes) => lanes.map(label).join(", ")));
    await shoot(page, "lanes-queue");
    await page.getByLabel("Filter by provider").selectOption("Invoices");
    const n = (await wanted(page, "queue")).filter((lanes) => lanes.includes("Invoices")).length;
    await page.getByText(`${n} message${n === 1 ? "" : "s"} found`).first().waitFor();
    await soon.ok(async () => (await providers(page)).every((cell) => cell.includes("Invoices")));
    // Mail that takes another way goes out of the list without an event of its own.
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      world.queue = world.queue.map((entry) => ({ ...entry, waitsFor: ["default"] }));
      const { otherLanes } = world.snapshot;
      world.snapshot.otherLanes = otherLanes.map((lane) => ({ ...lane, failedOver: true }));
      window.fakeEngine.say({ kind: "otherLanesChanged", lanes: structuredClone(world.snapshot.otherLanes) });
    });
    await page.getByText("Nothing in the queue matches").first().waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByRole("columnheader", { name: "Provider" }).waitFor();
    await soon.equal(() => page.getByLabel("Filter by provider").inputValue(), "");
    assert.deepEqual(page.faults, []);
  });

  test("the history is filtered and exported with it, and the story names it", async () => {
    const page = await play.open("several-lanes");
    await goTo(page, "History");
    await page.getByLabel("Filter by provider").selectOption("Invoices");
    await page.getByText(/\d+ messages? found/).first().waitFor();
    await soon.ok(async () => (await providers(page)).every((cell) => cell.includes("Invoices")));
    await page.getByRole("button", { name: "Export as CSV" }).click();
    const file = await page.waitForFunction(() => window.fakeEngine.saved[0]);
    const lines = (await file.jsonValue()).text.trim().split("\r\n");
    assert.ok(lines[0].endsWith(",provider"), lines[0]);
    assert.ok(lines.length > 1 && lines.slice(1).every((line) => line.includes("Invoices")), lines[1]);
    await page.locator("[role=row][id]").last().click();
    const story = page.getByRole("complementary", { name: "Story of the message" });
    await story.getByText("Handed over to Invoices").first().waitFor();
    await soon.match(() => story.locator("dl").innerText(), /Provider\s+Invoices/);
    await shoot(page, "lanes-history");
    assert.deepEqual(await accessFaults(page), []);
  });

  test("in a small or dark window it stands where there is room for it", async () => {
    for (const [look, viewport] of [["light", { width: 800, height: 560 }], ["light", { width: 1200, height: 760 }], ["dark", WIDE], ["dark", { width: 800, height: 560 }]]) {
      const page = await play.open("several-lanes", { look, viewport });
      for (const name of ["Queue", "History"]) {
        await goTo(page, name);
        const row = page.locator("[role=row][id]").filter({ hasText: NIGHT }).first();
        await row.waitFor();
        const seen = row.locator("[class*=via], [class*=lane]").filter({ hasText: NIGHT, visible: true });
        await soon.equal(() => seen.count(), 1, `${name} ${look} ${viewport.width}`);
        assert.deepEqual(await overflows(page), []);
        assert.deepEqual(await accessFaults(page), [], `${name} ${look}`);
        await shoot(page, `lanes-${name.toLowerCase()}-${look}-${viewport.width}`);
      }
      await page.context().close();
    }
  });

  test("where there is one provider nothing of it is there", async () => {
    const page = await play.open("flowing");
    for (const name of ["Queue", "History"]) {
      await goTo(page, name);
      await page.locator("[role=row][id]").first().waitFor();
      await soon.equal(() => page.getByRole("columnheader", { name: "Provider" }).count(), 0);
      await soon.equal(() => page.getByLabel("Filter by provider").count(), 0);
      await soon.equal(() => page.getByText("· via").count(), 0);
    }
    await goTo(page, "Overview");
    await soon.equal(() => page.getByText("sent again").count(), 0);
  });
});

describe("a provider that is not the usual one", () => {
  const headline = (page) => page.getByRole("banner").getByRole("status");
  const invoices = (page, change) =>
    page.evaluate((change) => {
      const { snapshot } = window.fakeEngine.world;
      snapshot.otherLanes = snapshot.otherLanes.map((lane) => (lane.name === "Invoices" ? { ...lane, waiting: 3, ...change } : lane));
      window.fakeEngine.say({ kind: "otherLanesChanged", lanes: structuredClone(snapshot.otherLanes) });
    }, change);
  const down = (code) => ({ kind: "throttled", problem: { code, said: "535 5.7.8 Authentication failed" }, since: Date.now(), nextTry: Date.now() + 60_000 });

  test("is said at the top while mail waits for it, with the button that mends it", async () => {
    const page = await play.open("several-lanes");
    await headline(page).getByText("Mail is flowing", { exact: true }).first().waitFor();
    await invoices(page, { state: down("signInRefused") });
    await headline(page).getByText("Mail through Invoices is waiting: it does not accept the user name or password").first().waitFor();
    await headline(page).getByText("3 messages are waiting, none is lost. The rest is flowing.").first().waitFor();
    await shoot(page, "lanes-stuck-overview");
    await goTo(page, "Queue");
    await page.getByRole("banner").getByRole("button", { name: "Change sign-in" }).click();
    await soon.equal(() => page.getByRole("tab", { name: "More providers" }).getAttribute("aria-selected"), "true");
    await invoices(page, { state: { kind: "ready" }, paused: true });
    await headline(page).getByText("Delivery through Invoices is paused").first().waitFor();
    await page.getByRole("banner").getByRole("button", { name: "Resume" }).click();
    await headline(page).getByText("Mail is flowing", { exact: true }).first().waitFor();
    await soon.deepEqual(() => page.evaluate(() => window.fakeEngine.world.snapshot.otherLanes.map((lane) => lane.paused)), [false, false]);
    assert.deepEqual(page.faults, []);
  });

  test("is said in a small or dark window too", async () => {
    for (const look of ["dark", "small"]) {
      const page = await play.open("several-lanes", { look });
      await invoices(page, { state: down("connectionTimedOut") });
      await headline(page).getByText("Mail through Invoices is waiting: it does not answer").first().waitFor();
      assert.deepEqual(await overflows(page), []);
      assert.deepEqual(await accessFaults(page), []);
      await shoot(page, `lanes-stuck-${look}`);
      await page.context().close();
    }
  });
});

describe("a message whose answer was lost", () => {
  test("is counted on the overview, and its story says that it may have arrived twice", async () => {
    const page = await play.open("several-lanes");
    await page.getByText("1 message was sent again, because").first().waitFor();
    await shoot(page, "sent-again-overview");
    const id = await page.evaluate(() => [...window.fakeEngine.world.unanswered][0]);
    await goTo(page, "History");
    await page.locator(`#row-${id}`).click();
    const story = page.getByRole("complementary", { name: "Story of the message" });
    await story.getByText(/^Handed over to .* again$/).first().waitFor();
    await story.getByText("The recipient may have it twice.").first().waitFor();
    await story.getByText("Handed over without an answer, will retry").first().waitFor();
    await story.getByText(/to the message was lost\./).first().waitFor();
    await shoot(page, "sent-again-story");
    assert.deepEqual(page.faults, []);
  });
});
