/**
 * What the window says when there is no engine, or another one: each state in words, with its button, and a picture.
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

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const headline = (page) => page.getByRole("banner").getByRole("status");
const WHY = "the database in C:\\ProgramData\\Outtray is of a newer Outtray (schema 4, this program knows 3)";

/** Reason, first line, what is explained below it, whether something else than waiting helps. */
const states = [
  ["gone", "The engine does not answer", "the part of Outtray that takes and hands over mail"],
  ["restarting", "The engine is restarting", "this window connects by itself"],
  ["busy", "The engine is busy", "a slow disk or a very long queue"],
  ["serviceStopped", "The Outtray service is stopped", "Starting it needs an administrator", "Start the service"],
  ["notAllowed", "This account may not look at the relay", "Open this window as an administrator"],
  ["moving", "The relay is moving", "Devices try again by themselves"],
  ["failed", "The relay could not start", "This window tries again by itself", null, "The database in C:\\ProgramData\\Outtray is of a newer Outtray"],
];

async function lose(page, reason) {
  await page.evaluate(([name, why]) => window.fakeEngine.setLink("lost", name, why), [reason, WHY]);
}

async function looksWell(page, name) {
  await shoot(page, name);
  assert.deepEqual(await overflows(page), [], `${name} is wider than its window`);
  assert.deepEqual(await accessFaults(page), [], `${name} keeps someone out`);
}

describe("a window without an engine", () => {
  for (const look of ["light", "dark", "small", "large", "contrast"]) {
    for (const [known, world] of [["that had one", "flowing"], ["that never had one", "starting"]]) {
      test(`${known} says why, and what helps (${look})`, async () => {
        const page = await play.open(world, { look });
        for (const [reason, first, explained, button = null, why = null] of states) {
          await lose(page, reason);
          await headline(page).getByText(first).first().waitFor();
          await page.getByText(explained).first().waitFor();
          await soon.equal(() => page.getByRole("button", { name: "Start the service" }).count(), button ? 1 : 0, reason);
          // The system's words are shown where they are the reason, and nowhere else.
          await soon.equal(() => page.getByText(why ?? WHY).count(), why ? 1 : 0, reason);
          await soon.equal(() => page.getByText("What you see is from before.").count(), world === "flowing" ? 1 : 0, reason);
          // Without an engine there are no pages to go to; what was seen before stays to be read.
          await soon.equal(() => page.getByRole("navigation", { name: "Pages" }).count(), world === "flowing" ? 1 : 0, reason);
          await looksWell(page, `state-${look}-${world}-${reason}`);
        }
        await page.evaluate(() => window.fakeEngine.setLink("connected"));
        await headline(page).getByText("Mail is flowing").first().waitFor();
        await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }
  }

  test("says that it starts, and explains a start that takes long", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await play.open("starting", { look, clock: true });
      await page.getByRole("heading", { name: "Starting Outtray" }).waitFor();
      await page.getByText("One moment.").first().waitFor();
      await looksWell(page, `state-${look}-starting`);
      await page.clock.fastForward(5000);
      await page.getByText("makes a certificate").first().waitFor();
      await looksWell(page, `state-${look}-starting-long`);
      await page.context().close();
    }
  });

  test("does nothing it is asked, and says so; a busy engine is asked all the same", async () => {
    const page = await play.open("flowing");
    await lose(page, "gone");
    await press(page, "Allow 10.0.0.0/24");
    await page.getByText("so nothing was done").first().waitFor();
    await goTo(page, "Queue");
    await page.getByRole("alert").getByText("The list could not be read").first().waitFor();
    await looksWell(page, "state-light-flowing-queue");
    await page.evaluate(() => window.fakeEngine.setLink("connected"));
    await page.getByText("The list could not be read").first().waitFor({ state: "detached" });
    await page.getByRole("row").nth(1).waitFor();
    await lose(page, "busy");
    await press(page, "Pause delivery");
    await page.waitForFunction(() => window.fakeEngine.world.snapshot.paused);
  });

  test("devices are let through the firewall by an administrator's hand, or it says that they were not", async () => {
    const page = await play.open("firewall");
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "This machine" }).click();
    await page.getByText("The firewall keeps devices out.").first().waitFor();
    await page.evaluate(() => {
      window.openInEarnest = window.fakeEngine.openFirewall;
      window.fakeEngine.openFirewall = (opening) => {
        window.asked = opening;
        return Promise.resolve(false);
      };
    });
    await press(page, "Let devices in");
    await page.getByRole("alert").getByText("The firewall was left as it is.").first().waitFor();
    await soon.deepEqual(() => page.evaluate(() => window.asked), { ports: [25], networks: ["LocalSubnet", "10.0.0.0/16"] });
    await page.evaluate(() => {
      window.fakeEngine.openFirewall = window.openInEarnest;
    });
    await press(page, "Let devices in");
    await page.getByText("The firewall keeps devices out.").first().waitFor({ state: "detached" });
  });

  test("an account that the service does not know asks to be let in", async () => {
    const page = await play.open("as-service");
    await page.evaluate(() => {
      window.fakeEngine.setLink("lost", "notAllowed");
    });
    await press(page, "Let this account look at it");
    await page.waitForFunction(() => document.querySelector('[role="alert"]') === null && !document.body.textContent.includes("may not look at the relay"));
  });

  test("starts the service that stands still, or says that it was not started", async () => {
    const page = await play.open("service-stopped");
    await page.evaluate(() => {
      window.fakeEngine.startService = () => Promise.resolve(false);
    });
    await press(page, "Start the service");
    await page.getByRole("alert").getByText("It was not started.").first().waitFor();
    await page.evaluate(() => {
      window.fakeEngine.startService = () => Promise.reject("The service could not be started: access is denied");
    });
    await press(page, "Start the service");
    await page.getByRole("alert").getByText("The service could not be started: access is denied").first().waitFor();
    await shoot(page, "state-light-start-refused");
    await page.evaluate(() => {
      window.fakeEngine.startService = async () => {
        window.fakeEngine.setLink("connected");
        return true;
      };
    });
    await press(page, "Start the service");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });
});

describe("keep sending when nobody is signed in", () => {
  const OFFER = "Keep sending when nobody is signed in";

  async function open(world, look = "light") {
    const page = await play.open(world, { look });
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "This machine" }).click();
    return page;
  }

  /** The move stops at each step until the test lets it go on. */
  async function hold(page) {
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      engine.move = (_, onStep) =>
        new Promise((resolve, reject) => {
          engine.setLink("lost", "moving");
          Object.assign(engine, { step: onStep, finish: resolve, fail: reject });
        });
    });
  }

  test("is offered, and each step says what is waited for", async () => {
    const steps = [
      ["stopping", "come to its end"],
      ["asking", "an administrator’s yes"],
      ["attaching", "the service’s first answer"],
      ["handingOver", "Handing over the password"],
      ["takingBack", "taking everything back"],
    ];
    for (const look of ["light", "dark", "small", "large", "contrast"]) {
      const page = await open("flowing", look);
      await page.getByText("Now mail stops when you sign out").first().waitFor();
      await looksWell(page, `keep-${look}-offered`);
      await hold(page);
      await press(page, OFFER);
      for (const [step, words] of steps) {
        await page.evaluate((name) => window.fakeEngine.step(name), step);
        await page.getByRole("region", { name: "When nobody is signed in" }).getByRole("status").getByText(words).first().waitFor();
        await soon.ok(() => page.getByRole("button", { name: OFFER }).isDisabled());
        if (look === "light" || step === "asking") await looksWell(page, `keep-${look}-${step}`);
      }
      await page.context().close();
    }
  });

  test("a no changes nothing, and says so", async () => {
    const page = await open("flowing");
    await hold(page);
    await press(page, OFFER);
    await page.evaluate(() => {
      window.fakeEngine.setLink("connected");
      window.fakeEngine.finish({ kind: "cancelled" });
    });
    await page.getByText("Nothing was changed.").first().waitFor();
    await soon.ok(() => page.getByRole("button", { name: OFFER }).isEnabled());
  });

  test("a failure is told in its own words, which stay, and promises nothing more", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await open("flowing", look);
      await hold(page);
      await press(page, OFFER);
      await page.evaluate(() => {
        window.fakeEngine.setLink("connected");
        window.fakeEngine.fail("The service could not be installed: there is mail of another relay in C:\\ProgramData\\Outtray");
      });
      const told = page.getByRole("alert").filter({ hasText: "It does not run as a service" });
      await told.getByText("there is mail of another relay").first().waitFor();
      await soon.ok(async () => !(await page.locator("body").innerText()).includes("Everything is as it was"));
      await looksWell(page, `keep-${look}-failed`);
      await told.getByRole("button", { name: "Dismiss" }).click();
      await told.waitFor({ state: "detached" });
      await page.context().close();
    }
  });

  test("it moves, and then offers the way back", async () => {
    const page = await open("flowing");
    await press(page, OFFER);
    await page.getByText("Outtray now sends also when nobody is signed in.").first().waitFor();
    await page.getByText("runs as the service “Outtray”").first().waitFor();
    await page.getByRole("button", { name: "Send only while I am signed in…" }).waitFor();
  });

  test("the way back asks first, and then for the password", async () => {
    for (const look of ["light", "dark", "small", "contrast"]) {
      const page = await open("as-service", look);
      await looksWell(page, `keep-${look}-installed`);
      await press(page, "Send only while I am signed in…");
      const dialog = page.getByRole("alertdialog");
      await dialog.getByText("you type it again").first().waitFor();
      await looksWell(page, `keep-${look}-back`);
      await dialog.getByRole("button", { name: "Keep the service" }).click();
      await soon.equal(() => page.evaluate(() => window.fakeEngine.world.snapshot.engine.embedded), false);
      await press(page, "Send only while I am signed in…");
      await dialog.getByRole("button", { name: "Remove the service" }).click();
      await page.getByText("type it again here").first().waitFor();
      await page.getByRole("tab", { name: "Mail provider", selected: true }).waitFor();
      await shoot(page, `keep-${look}-password`);
      await page.context().close();
    }
  });

  test("a way back that fails says so where it was asked for", async () => {
    const page = await open("as-service");
    await hold(page);
    await press(page, "Send only while I am signed in…");
    await press(page, "Remove the service");
    await page.evaluate(() => {
      window.fakeEngine.setLink("connected");
      window.fakeEngine.fail("The service could not be removed: it does not stop");
    });
    await page.getByRole("alert").filter({ hasText: "It still runs as a service" }).getByText("it does not stop").first().waitFor();
    await looksWell(page, "keep-light-back-failed");
  });
});
