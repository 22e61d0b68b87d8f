/**
 * What moves: rows that change, selections that stay, a hundred thousand rows, search, pause, a lost link.
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

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const rows = (page) => page.getByRole("row", { selected: undefined }).filter({ has: page.locator("[data-box]") });
const queueOf = (page) => page.evaluate(() => window.fakeEngine.world.queue.map(({ id, state, subject }) => ({ id, state, subject })));

describe("the queue", () => {
  test("shows a change within 250 ms of its own clock, however slow the machine is", async () => {
    const page = await play.open("flowing", { clock: true });
    await goTo(page, "Queue");
    await rows(page).first().waitFor();
    // From here on the page's time goes only as far as it is wound: what would need a later timer never comes.
    await page.clock.pauseAt(Date.now() + 60_000);
    const id = await page.evaluate(() => {
      const engine = window.fakeEngine;
      const { id } = engine.world.queue[2];
      engine.change(id, { state: "held" });
      return id;
    });
    await page.clock.runFor(250);
    await page.locator(`#row-${id}`).getByText("on hold").first().waitFor();
  });

  test("keeps rows in their place under the pointer, and counts what is new", async () => {
    const page = await play.open("trouble");
    await goTo(page, "Queue");
    await rows(page).nth(3).hover();
    const before = await rows(page).allInnerTexts();
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      engine.settle(engine.world.queue[0].id, "sent");
      engine.accept();
      engine.accept();
    });
    await page.getByRole("button", { name: "2 new" }).waitFor();
    await soon.ok(async () => (await rows(page).first().innerText()).includes("handed over"), "the row that left says where it went");
    const during = await rows(page).allInnerTexts();
    assert.equal(during.length, before.length);
    assert.deepEqual(during.slice(1, 8).map((text) => text.split("\n")[0]), before.slice(1, 8).map((text) => text.split("\n")[0]));
    await shoot(page, "queue-new");
    await page.mouse.move(5, 5);
    await page.getByRole("button", { name: "2 new" }).waitFor({ state: "detached" });
    await soon.ok(async () => !(await rows(page).first().innerText()).includes("handed over"));
  });

  test("selects by click, ctrl, shift and keys; the selection stays when rows change; deletes after asking", async () => {
    const page = await play.open("trouble");
    await goTo(page, "Queue");
    await rows(page).nth(1).locator("[data-box]").click();
    await rows(page).nth(4).click({ modifiers: ["Shift"] });
    await page.getByText("4 selected").first().waitFor();
    await rows(page).nth(8).click({ modifiers: ["Control"] });
    await page.getByText("5 selected").first().waitFor();

    const chosen = (await queueOf(page)).filter((_, at) => [1, 2, 3, 4, 8].includes(at)).map(({ id }) => id);
    await page.evaluate((id) => window.fakeEngine.change(id, { attempts: 2, nextAttempt: Date.now() + 60_000 }), chosen[1]);
    await page.evaluate((id) => window.fakeEngine.settle(id, "sent"), chosen[4]);
    await page.getByText("4 selected").first().waitFor();

    await press(page, "Delete…");
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("Delete 4 messages?").first().waitFor();
    await shoot(page, "queue-delete");
    await dialog.getByRole("button", { name: "Keep them" }).click();
    await soon.equal(async () => (await queueOf(page)).length, 11);

    await press(page, "Delete…");
    await dialog.getByRole("button", { name: "Delete 4 messages" }).click();
    await page.getByText("4 messages deleted.").first().waitFor();
    const left = (await queueOf(page)).map(({ id }) => id);
    assert.equal(left.length, 7);
    assert.ok(chosen.every((id) => !left.includes(id)));

    await page.getByRole("grid").focus();
    await page.keyboard.press("Control+a");
    await page.getByText("All 7 selected").first().waitFor();
    await press(page, "Hold");
    await page.getByText(/put on hold/).first().waitFor();
    await soon.ok(async () => (await queueOf(page)).every(({ state }) => state === "held"));
    await page.keyboard.press("Escape");
  });

  test("keeps the keys on their message when rows above it leave", async () => {
    const page = await play.open("trouble");
    await goTo(page, "Queue");
    const grid = page.getByRole("grid");
    await grid.focus();
    for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowDown");
    const [first, second, , fourth] = await queueOf(page);
    const active = `row-${fourth.id}`;
    await soon.equal(() => grid.getAttribute("aria-activedescendant"), active);
    await page.evaluate((ids) => ids.forEach((id) => window.fakeEngine.settle(id, "sent")), [first.id, second.id]);
    await page.locator(`#row-${first.id}`).waitFor({ state: "detached" });
    await soon.equal(() => grid.getAttribute("aria-activedescendant"), active);
    await page.keyboard.press("ArrowUp");
    await soon.equal(() => grid.getAttribute("aria-activedescendant"), `row-${(await queueOf(page))[0].id}`);
  });

  test("tells the story of one message, and saves it", async () => {
    const page = await play.open("trouble");
    await goTo(page, "Queue");
    await page.getByRole("grid").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "Story of the message" });
    await panel.getByText("Not handed over, will retry").first().waitFor();
    await panel.getByText(/Accepted from/).first().waitFor();
    await panel.getByRole("button", { name: "Save as .eml" }).click();
    await page.waitForFunction(() => window.fakeEngine.saved.length === 1);
    const [saved] = await page.evaluate(() => window.fakeEngine.saved);
    assert.match(saved.name, /\.eml$/);
    assert.match(saved.text, /^Received: /);
    await panel.getByRole("button", { name: "Hold", exact: true }).click();
    await panel.getByText("Put on hold").first().waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
  });

  test("scrolls through a hundred thousand messages", async () => {
    const page = await play.open("flood");
    await goTo(page, "Queue");
    await rows(page).first().waitFor();
    const grid = page.getByRole("grid");
    await soon.equal(() => grid.getAttribute("aria-rowcount"), "100001");
    // What a step costs is the rows it draws: the same few, however many there are.
    const most = await grid.evaluate(async (element) => {
      let drawn = 0;
      const counting = new MutationObserver((changes) => {
        for (const change of changes) drawn += [...change.addedNodes].filter((node) => node instanceof Element && node.querySelector("[role=row]")).length;
      });
      counting.observe(element, { childList: true, subtree: true });
      const steps = [];
      for (let step = 1; step <= 40; step++) {
        drawn = 0;
        element.scrollTop = (element.scrollHeight / 40) * step;
        await new Promise((settled) => requestAnimationFrame(() => requestAnimationFrame(settled)));
        steps.push(drawn);
      }
      return Math.max(...steps);
    });
    assert.ok(most > 5 && most < 120, `a step drew ${most} rows`);
    const last = await page.evaluate(() => window.fakeEngine.world.queue.at(-1).id);
    await page.locator(`#row-${last}`).waitFor();
    await soon.ok(async () => (await page.locator("[role=row]").count()) < 60, "only what is in sight is drawn");
    await shoot(page, "queue-flood-end");
  });

  test("says what an empty search found, and finds by words", async () => {
    const page = await play.open("trouble");
    await goTo(page, "Queue");
    await page.getByRole("searchbox", { name: "Find in the queue" }).fill("nothing-like-this");
    await page.getByText("Nothing in the queue matches").first().waitFor();
    await press(page, "Show all");
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: /^on hold/ }).click();
    await page.getByText("1 message found").first().waitFor();
  });
});

describe("pausing", () => {
  test("stands on every page until someone resumes", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Queue");
    await press(page, "Pause delivery");
    await page.getByText("Delivery is paused").first().waitFor();
    for (const name of ["Overview", "History", "Settings"]) {
      await goTo(page, name);
      await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
    }
    await press(page, "Resume");
    await page.getByText("Mail is flowing").first().waitFor();
    await soon.equal(() => page.evaluate(() => window.fakeEngine.world.snapshot.paused), false);
  });
});

describe("the link to the engine", () => {
  test("is shown when lost, and the page is whole again when it is back", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => window.fakeEngine.setLink("lost"));
    await page.getByText("The engine does not answer").first().waitFor();
    await page.getByText("What you see is from before.").first().waitFor();
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      for (let at = 0; at < 5; at++) engine.accept();
      engine.setLink("connected");
    });
    await page.getByText("The engine does not answer").first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Queue 8 messages are waiting" }).waitFor();
  });

  test("a missing event makes the window ask again", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      engine.world.snapshot.paused = true;
      engine.seq += 3;
      engine.say({ kind: "recent", lines: [] });
    });
    await page.getByText("Delivery is paused").first().waitFor();
  });
});

describe("the history", () => {
  test("is searched while typing, filtered by state, and taken along as a table", async () => {
    const page = await play.open("flowing");
    await goTo(page, "History");
    await page.getByText("903 messages").first().waitFor();
    await press(page, "What can be searched");
    await page.getByText("client:10.0.0.41").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search the history" }).fill("from:invoices subject:reminder");
    await page.getByText("38 messages found").first().waitFor();
    await page.getByRole("button", { name: "failed", exact: true }).click();
    await page.getByText("1 message found").first().waitFor();
    await page.getByRole("searchbox", { name: "Search the history" }).fill("");
    await page.getByText("9 messages found").first().waitFor();
    await press(page, "Export as CSV");
    await page.waitForFunction(() => window.fakeEngine.saved.length === 1);
    const [saved] = await page.evaluate(() => window.fakeEngine.saved);
    assert.match(saved.name, /^outtray-history-.*\.csv$/);
    const lines = saved.text.trim().split("\r\n");
    assert.deepEqual([lines.length, lines.slice(1).every((line) => line.includes("failed"))], [10, true]);
  });

  test("queue and history explain their search, and are narrowed to a device", async () => {
    const page = await play.open("flowing");
    for (const name of ["Queue", "History"]) {
      await goTo(page, name);
      const search = page.getByRole("searchbox");
      await page.getByRole("button", { name: "What can be searched" }).click();
      await page.getByRole("button", { name: "subject:invoice" }).click();
      await page.keyboard.press("Escape");
      await soon.equal(() => search.inputValue(), "subject:invoice");
      await page.getByLabel("Filter by device").selectOption("10.0.0.41");
      await soon.equal(() => search.inputValue(), "subject:invoice client:10.0.0.41");
      await search.fill("client:10.0.0.41");
      await page.getByText(/messages? found/).first().waitFor();
      await shoot(page, `device-${name.toLowerCase()}`);
      await page.getByLabel("Filter by device").selectOption("");
      await soon.equal(() => search.inputValue(), "");
    }
    assert.deepEqual(page.faults, []);
  });

  test("times are told as people do, with the exact one on hover", async () => {
    const page = await play.open("flowing");
    const time = page.getByRole("region", { name: "Just now" }).locator("time").first();
    await soon.match(() => time.innerText(), /ago$|^just now$/);
    await soon.match(() => time.getAttribute("title"), /\d\d:\d\d:\d\d/);
    await goTo(page, "History");
    const row = page.locator("[role=row][id]").first();
    await soon.match(() => row.locator("time").innerText(), /ago$|^just now$/);
    await row.click();
    const step = page.getByRole("complementary", { name: "Story of the message" }).locator("ol time").first();
    await soon.match(() => step.innerText(), /^\d\d:\d\d:\d\d · (.* ago|just now)$/);
    await shoot(page, "times-story");
  });

  test("opens a story from what happened just now", async () => {
    const page = await play.open("flowing");
    await page.getByRole("region", { name: "Just now" }).getByRole("button").first().click();
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await page.getByRole("complementary", { name: "Story of the message" }).getByText("Handed over to Microsoft 365").first().waitFor();
  });
});

describe("what needs a person", () => {
  test("a refused device is allowed with one click, and its line goes", async () => {
    const page = await play.open("refused-devices");
    const printer = page.getByRole("heading", { name: /HP LaserJet/ });
    await printer.waitFor();
    await press(page, "Allow 10.0.0.0/24");
    await printer.waitFor({ state: "detached" });
    const allowed = () => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings.rules.map(({ network }) => network));
    await soon.ok(async () => (await allowed()).includes("10.0.0.0/24"));
  });

  test("a stranger from the internet is not allowed by a click", async () => {
    const page = await play.open("refused-devices");
    const stranger = page.getByRole("heading", { name: /203\.0\.113\.9/ });
    await stranger.locator("xpath=ancestor::div[2]").getByRole("button", { name: "Allow this device" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("outside of your own network").first().waitFor();
    await soon.ok(() => dialog.getByRole("button", { name: "Allow 203.0.113.9" }).isDisabled());
    await shoot(page, "allow-public");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await stranger.waitFor();
  });

  test("a refused password leads to the sign-in, and a new one is stored", async () => {
    const page = await play.open("trouble");
    await press(page, "Change sign-in");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await page.getByLabel(/^Password/).fill("right");
    await page.getByText("Not saved yet:").first().waitFor();
    await shoot(page, "settings-unsaved");
    await press(page, "Save");
    await page.getByText("Saved and in force.").first().waitFor();
    await soon.equal(() => page.getByLabel(/^Password/).inputValue(), "");
  });
});

describe("the settings", () => {
  test("are checked when a field is left, and the host's word is shown", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "Limits" }).click();
    const largest = page.getByLabel("Largest message");
    await largest.fill("900");
    await largest.blur();
    await page.getByText("The size is out of range").first().waitFor();
    await soon.ok(() => page.getByRole("button", { name: "Save", exact: true }).isDisabled());
    await shoot(page, "settings-wrong");
    await largest.fill("35");
    await largest.blur();
    await page.getByText("The size is out of range").first().waitFor({ state: "detached" });
    await press(page, "Save");
    await page.getByText("Saved and in force.").first().waitFor();
    await soon.equal(() => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings.limits.messageBytes), 35_000_000);
  });

  test("changed elsewhere come in by themselves, unless something here is unsaved", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "History and log" }).click();
    const days = page.getByLabel("Remember what was done for");
    const changeElsewhere = (keepDays) =>
      page.evaluate(async (wanted) => {
        const engine = window.fakeEngine;
        await engine.answer({ ask: "applySettings", settings: { ...engine.world.snapshot.settings.settings, history: { keepDays: wanted } } });
      }, keepDays);
    await changeElsewhere(30);
    await page.waitForFunction(() => [...document.querySelectorAll("input")].some((input) => input.value === "30"));
    await days.fill("60");
    await changeElsewhere(10);
    await page.getByText("changed elsewhere").first().waitFor();
    await soon.equal(() => days.inputValue(), "60");
    await press(page, "Discard");
    await soon.equal(() => days.inputValue(), "10");
  });
});
