/**
 * What the buttons do that promise to mend something, and that nothing is lost on the way.
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
const topBar = (page) => page.getByRole("banner");
const inForce = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);

async function looksWell(page, name) {
  await shoot(page, name);
  assert.deepEqual(await overflows(page), [], `${name} is wider than its window`);
  assert.deepEqual(await accessFaults(page), [], `${name} keeps someone out`);
}

/** The program that holds port 25 is stopped by somebody. */
const freePort25 = (page) =>
  page.evaluate(() => {
    const { machine } = window.fakeEngine.world;
    machine.ports = machine.ports.map((port) => (port.port === 25 ? { ...port, state: "free", holder: null } : port));
  });

describe("a port that another program holds", () => {
  test("is tried again from the overview, and says what came of it", async () => {
    const page = await play.open("port-taken");
    await page.getByRole("heading", { name: "Port 25 is in use by inetinfo.exe" }).waitFor();
    await press(page, "Try again");
    await page.locator(".fui-Toast").getByText("Port 25 is in use by inetinfo.exe").first().waitFor();
    await press(page, "Dismiss");
    await freePort25(page);
    await press(page, "Try again");
    await page.getByText("Every port is open: devices can connect.").first().waitFor();
    await page.getByRole("heading", { name: "Port 25 is in use" }).waitFor({ state: "detached" });
    await topBar(page).getByText("Mail is flowing").first().waitFor();
  });

  test("is tried again in the settings, without a change to save", async () => {
    for (const look of ["light", "dark", "small", "large"]) {
      const page = await play.open("port-taken", { look });
      await goTo(page, "Queue");
      // The first line says it on every page, with its button.
      await topBar(page).getByRole("button", { name: "Change listening" }).click();
      const closed = page.getByRole("region", { name: "Not open" });
      await closed.getByText("Stop that program and try again").first().waitFor();
      await soon.equal(() => page.getByRole("button", { name: "Save", exact: true }).count(), 0);
      await looksWell(page, `port-taken-${look}`);
      await freePort25(page);
      await closed.getByRole("button", { name: "Try again" }).click();
      await closed.waitFor({ state: "detached" });
      await page.getByText("in use by inetinfo.exe").first().waitFor({ state: "detached" });
      await page.context().close();
    }
  });

  test("that is chosen in the setup is named at its end", async () => {
    const page = await play.open("fresh");
    await press(page, "Begin");
    await page.getByRole("radio", { name: "Microsoft 365" }).check();
    await press(page, "Next");
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Password/).fill("right");
    await press(page, "Skip the check, I know it is right");
    await press(page, "Next");
    await page.getByRole("checkbox", { name: /Port 25\b/ }).check();
    await page.getByText("and look again, or use port 2525").first().waitFor();
    await looksWell(page, "setup-port-taken");
    await press(page, "Save and go on");
    await press(page, "Go on without a test");
    await page.getByRole("region", { name: "Not open" }).getByText("Port 25 is in use by").first().waitFor();
    await looksWell(page, "setup-summary-port-taken");
  });
});

describe("the other encryption", () => {
  test("is put in force by the button that says so", async () => {
    const page = await play.open("flowing");
    await page.evaluate(async () => {
      const engine = window.fakeEngine;
      const { settings } = engine.world.snapshot.settings;
      await engine.answer({ ask: "applySettings", settings: { ...settings, smartHost: { ...settings.smartHost, port: 465, encryption: "starttls" } } });
      engine.setLane({ kind: "throttled", problem: { code: "tlsModeSwapped", said: "the server sent nothing to be read" }, since: Date.now(), nextTry: Date.now() + 60_000 });
    });
    await press(page, "Use the other encryption");
    await page.getByText("Port 465 with TLS from the start is in force.").first().waitFor();
    const { smartHost } = await inForce(page);
    assert.deepEqual([smartHost.port, smartHost.encryption], [465, "implicit"]);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await topBar(page).getByText("Mail is flowing").first().waitFor();
  });
});

describe("time limits towards the provider", () => {
  test("are folded, say what is usual, and are saved in seconds", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await play.open("flowing", { look });
      await goTo(page, "Settings");
      await page.getByText("Time limits towards the provider").click();
      const taking = page.getByLabel("Taking a message", { exact: true });
      await soon.equal(() => taking.inputValue(), "10");
      await page.getByText("a shorter time makes it likelier that a message is sent twice. Usually 10 min.").first().waitFor();
      await page.getByLabel("Connecting", { exact: true }).fill("45");
      await page.getByLabel("Keeping a connection", { exact: true }).fill("0");
      await looksWell(page, `timeouts-${look}`);
      await press(page, "Save");
      await page.getByText("Saved and in force").first().waitFor();
      const { connectSeconds, idleSeconds, dataEndSeconds } = (await inForce(page)).smartHost.timeouts;
      assert.deepEqual([connectSeconds, idleSeconds, dataEndSeconds], [45, 0, 600]);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test("that are wrong are unfolded", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByText("Time limits towards the provider").click();
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      const answer = engine.answer.bind(engine);
      engine.answer = (request) =>
        request.ask === "checkSettings" ? Promise.resolve({ kind: "problems", problems: [{ field: "smartHost.timeouts.connectSeconds", value: "0", wrong: "it is too small", remedy: "use 1 to 3600" }] }) : answer(request);
    });
    await page.getByLabel("Connecting", { exact: true }).fill("0");
    await page.getByLabel("Connecting", { exact: true }).blur();
    await page.getByText("use 1 to 3600").first().waitFor();
    await page.getByText("Time limits towards the provider").click();
    await soon.ok(() => page.getByLabel("Connecting", { exact: true }).isVisible());
  });
});

describe("a trouble of the relay's own", () => {
  const FOLDER = "C:\\ProgramData\\Outtray";
  const notice = (page, notices) =>
    page.evaluate((notices) => {
      window.fakeEngine.world.snapshot.notices = notices;
      window.fakeEngine.say({ kind: "noticesChanged", notices });
    }, notices);
  const overview = async (look = "light") => {
    const page = await play.open("flowing", { look });
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    return page;
  };
  const copied = (page) =>
    page.evaluate(() => {
      window.copied = [];
      navigator.clipboard.writeText = (text) => (window.copied.push(text), Promise.resolve());
    });

  test("that a restart mends has the button for it, and says that no mail is lost", async () => {
    const page = await overview();
    await notice(page, [{ code: "engineFault", said: "the writer ended" }]);
    await page.getByText("3 messages are waiting, none is lost.").last().waitFor();
    await shoot(page, "own-engine-fault");
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      const { restart } = engine;
      // It stops and stays so until the test lets it go on.
      engine.restart = () => {
        engine.setLink("lost", "restarting");
        return new Promise((resolve) => (window.goOn = () => resolve(restart())));
      };
    });
    await press(page, "Restart the relay");
    await page.getByText("The engine is restarting").first().waitFor();
    await page.evaluate(() => window.goOn());
    await page.getByText("The relay was restarted.").first().waitFor();
    await page.getByRole("banner").getByText("Mail is flowing", { exact: true }).first().waitFor();
    await notice(page, [{ code: "databaseDamaged", said: "malformed" }]);
    await page.evaluate(() => {
      window.fakeEngine.restart = () => Promise.reject("Another program runs it: restart that.");
    });
    await goTo(page, "Queue");
    await press(page, "Restart the relay");
    await page.getByText("Another program runs it: restart that.").first().waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("with the disk says where mail lies, and copies it", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await overview(look);
      await copied(page);
      await notice(page, [{ code: "storeFailed", said: "i/o error" }, { code: "databaseSetAside", subject: `${FOLDER}\\damaged-1`, said: "malformed" }, { code: "messageUnreadable", subject: "2", said: "not found" }]);
      await page.getByText(`Mail lies in ${FOLDER}.`).first().waitFor();
      await soon.equal(() => page.getByText("3 messages are waiting, none is lost.").count(), 3);
      for (const at of [0, 1]) await page.locator("main").getByRole("button", { name: "Copy the folder’s path" }).nth(at).click();
      await page.waitForFunction(() => window.copied.length === 2);
      await soon.deepEqual(() => page.evaluate(() => window.copied), [FOLDER, `${FOLDER}\\damaged-1`]);
      await shoot(page, `own-disk-${look}`);
      assert.deepEqual(await overflows(page), []);
      assert.deepEqual(await accessFaults(page), [], look);
      await press(page, "Look at the queue");
      await page.getByRole("heading", { level: 1, name: "Queue" }).waitFor();
      await page.context().close();
    }
  });

  test("with a certificate that ends leads to where it is named", async () => {
    const page = await overview();
    await page.evaluate(() => {
      window.fakeEngine.world.snapshot.settings.settings.smartHost.signIn = { kind: "certificate", certificateFile: "C:\\certs\\relay.pem", keyFile: "C:\\certs\\relay.key" };
    });
    for (const [file, tab] of [["C:\\certs\\relay.pem", "Mail provider"], ["C:\\certs\\devices.pem", "Listening"]]) {
      await goTo(page, "Overview");
      await notice(page, [{ code: "certificateEnds", subject: file, said: "it ends on 2026-12-09, in 12 days" }]);
      await page.getByText(`The certificate ${file} must be renewed.`).first().waitFor();
      await press(page, "Show where it is named");
      await page.getByRole("tab", { name: tab, selected: true }).waitFor();
    }
    assert.deepEqual(page.faults, []);
  });
});

describe("the certificate that devices see", () => {
  test("is told with names, last day and fingerprint, and saved for a device", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await play.open("flowing", { look });
      await goTo(page, "Settings");
      await page.getByRole("tab", { name: "Listening" }).click();
      const facts = page.getByRole("definition");
      await facts.filter({ hasText: /^made by Outtray$/ }).waitFor();
      await facts.filter({ hasText: "srv-office, localhost, 10.0.0.5" }).waitFor();
      await facts.filter({ hasText: "26 Feb 2029. A new one is made before." }).scrollIntoViewIfNeeded();
      await facts.filter({ hasText: /^5E:2A:(..:){29}5C SHA-256$/ }).waitFor();
      await looksWell(page, `certificate-${look}`);
      await press(page, "Save for a device");
      await page.waitForFunction(() => window.fakeEngine.saved.length === 1);
      const [saved] = await page.evaluate(() => window.fakeEngine.saved);
      assert.equal(saved.name, "outtray-certificate.pem");
      assert.match(saved.text, /^-----BEGIN CERTIFICATE-----\n/);
      await page.evaluate(() => {
        navigator.clipboard.writeText = (text) => ((window.copied = text), Promise.resolve());
      });
      await press(page, "Copy the fingerprint");
      await page.locator(".fui-Toast").getByText("Copied.").first().waitFor();
      await soon.match(() => page.evaluate(() => window.copied), /^5E:2A:(..:){29}5C$/);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test("is the office's own once that is saved, and none where no port encrypts", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "Listening" }).click();
    await page.getByRole("radio", { name: /one PFX file/ }).check();
    await page.getByLabel("PFX file", { exact: true }).fill("C:\\certs\\relay.pfx");
    // Not saved yet: devices see what they saw.
    await page.getByRole("definition").filter({ hasText: /^made by Outtray$/ }).waitFor();
    await press(page, "Save");
    await page.getByRole("definition").filter({ hasText: "issued by C=US, O=Northwind" }).waitFor();
    for (const port of ["25", "587"]) await page.getByLabel(`Encryption on port ${port}`).selectOption("plain");
    await press(page, "Save");
    await page.getByText("Devices see now").first().waitFor({ state: "detached" });
    assert.deepEqual(page.faults, []);
  });
});

describe("settings that are not saved", () => {
  async function changed(look = "light") {
    const page = await play.open("flowing", { look });
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: "Limits" }).click();
    await page.getByLabel("Largest message").fill("35");
    await page.getByText("Not saved yet:").first().waitFor();
    return page;
  }
  const leaveFor = (page, name) => page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: new RegExp(`^${name}`) }).click();

  test("stay when another of their own pages is opened, and are asked about when they are left", async () => {
    const page = await changed();
    await page.getByRole("tab", { name: "Retries and reports" }).click();
    await page.getByRole("tab", { name: "Limits" }).click();
    await soon.equal(() => page.getByLabel("Largest message").inputValue(), "35");
    await leaveFor(page, "Queue");
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("not in force yet: limits").first().waitFor();
    await looksWell(page, "leave-light");
    await dialog.getByRole("button", { name: "Stay here" }).click();
    await soon.equal(() => page.getByLabel("Largest message").inputValue(), "35");
    await leaveFor(page, "Queue");
    await dialog.getByRole("button", { name: "Throw it away" }).click();
    await page.getByRole("heading", { level: 1, name: "Queue" }).waitFor();
    await soon.equal(async () => (await inForce(page)).limits.messageBytes, 25_000_000);
    await goTo(page, "Settings");
    await leaveFor(page, "History");
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
  });

  test("are saved on the way out", async () => {
    const page = await changed("small");
    await leaveFor(page, "Overview");
    await looksWell(page, "leave-small");
    await page.getByRole("alertdialog").getByRole("button", { name: "Save and leave" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await soon.equal(async () => (await inForce(page)).limits.messageBytes, 35_000_000);
  });

  test("that cannot be saved keep the person on the page", async () => {
    const page = await changed();
    await page.evaluate(() => {
      const engine = window.fakeEngine;
      const answer = engine.answer.bind(engine);
      engine.answer = (request) => (request.ask === "applySettings" ? Promise.resolve({ kind: "refused", refused: { why: "trouble", problem: { code: "diskFull", said: "no space left" } } }) : answer(request));
    });
    await leaveFor(page, "Overview");
    await page.getByRole("alertdialog").getByRole("button", { name: "Save and leave" }).click();
    await page.getByText("The disk is nearly full. No space left.").first().waitFor();
    await soon.equal(() => page.getByLabel("Largest message").inputValue(), "35");
  });

  test("of a setup that is run again are asked about too", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await press(page, "Run the setup again");
    await page.getByRole("heading", { level: 1, name: "Welcome to Outtray" }).waitFor();
    await press(page, "Begin");
    await page.getByRole("radio", { name: "SendGrid" }).check();
    await press(page, "Leave setup");
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("not in force yet: mail provider").first().waitFor();
    await looksWell(page, "leave-setup");
    await dialog.getByRole("button", { name: "Stay here" }).click();
    await soon.ok(() => page.getByRole("radio", { name: "SendGrid" }).isChecked());
    await press(page, "Leave setup");
    await dialog.getByRole("button", { name: "Throw it away" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await soon.equal(() => page.evaluate(() => localStorage.getItem("outtray.setup")), null);
  });

  test("with a mistake in a folded part are unfolded", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    const pace = page.getByText("Pace, reports and certificate authority");
    await pace.click();
    await page.getByLabel("Own certificate authority").fill("nowhere.txt");
    await page.getByLabel("Own certificate authority").blur();
    await page.getByText("There is no such file").first().waitFor();
    await pace.click();
    await page.getByText("There is no such file").first().waitFor();
    await looksWell(page, "settings-folded-mistake");
    await leaveFor(page, "Overview");
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("something in it is wrong").first().waitFor();
    await soon.equal(() => dialog.getByRole("button", { name: "Save and leave" }).count(), 0);
  });
});

describe("a test message", () => {
  test("is sent from wherever the tray asks for it, and followed", async () => {
    for (const look of ["light", "dark", "small", "large", "contrast"]) {
      const page = await play.open("flowing", { look });
      await goTo(page, "History");
      await page.evaluate(() => window.fakeEngine.wish("sendTest"));
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("To", { exact: true }).fill("me@northwind.example");
      await soon.equal(() => dialog.getByLabel("From", { exact: true }).inputValue(), "relay@northwind.example");
      await dialog.getByRole("button", { name: "Send test message" }).click();
      await dialog.getByText("Now look into the mailbox of me@northwind.example").first().waitFor();
      await looksWell(page, `test-${look}`);
      await dialog.getByRole("button", { name: "Show its whole story" }).click();
      await page.getByRole("complementary", { name: "Story of the message" }).getByText("Handed over to Microsoft 365").first().waitFor();
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test("that the provider holds up says why at once, with the button that mends it", async () => {
    const page = await play.open("flowing", { look: "small" });
    await press(page, "Send a test message…");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("To", { exact: true }).fill("stuck@northwind.example");
    await dialog.getByRole("button", { name: "Send test message" }).click();
    await dialog.getByText("Microsoft 365 does not accept the user name or password.").first().waitFor();
    await dialog.getByText("The message is kept.").first().waitFor();
    await looksWell(page, "test-stuck");
    await dialog.getByRole("button", { name: "Change sign-in" }).click();
    await page.getByRole("tab", { name: "Mail provider", selected: true }).waitFor();
    await soon.equal(() => dialog.count(), 0);
  });

  test("while delivery is paused says that it waits", async () => {
    const page = await play.open("paused");
    await press(page, "Send a test message…");
    await page.getByRole("dialog").getByLabel("To", { exact: true }).fill("me@northwind.example");
    await page.getByRole("dialog").getByRole("button", { name: "Send test message" }).click();
    await page.getByRole("dialog").getByText("goes out as soon as you resume").first().waitFor();
    await looksWell(page, "test-paused");
  });

  test("before the setup there is none to send", async () => {
    const page = await play.open("fresh");
    await page.evaluate(() => window.fakeEngine.wish("sendTest"));
    await page.getByRole("heading", { level: 1, name: "Welcome to Outtray" }).waitFor();
    await soon.equal(() => page.getByRole("dialog").count(), 0);
  });
});

describe("a fault of the window's own", () => {
  test("is no white page: it says what it means, and draws anew", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => window.fakeEngine.say({ kind: "listenersChanged", listeners: null }));
    await page.getByRole("heading", { name: "This window has run into a fault of its own" }).waitFor();
    await page.getByText("Mail is not concerned").first().waitFor();
    await looksWell(page, "window-fault");
    await press(page, "Draw the window anew");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });
});
