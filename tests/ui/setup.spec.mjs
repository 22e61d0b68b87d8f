/**
 * The setup from its first step to its last, its refusals, and what stays when the window is closed.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessFaults, overflows, shoot, soon, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
afterEach(() => play.clear());
after(() => play.close());

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

async function toSignIn(page, provider = "Microsoft 365") {
  await press(page, "Begin");
  await page.getByRole("radio", { name: provider }).check();
  await press(page, "Next");
}

describe("the setup", () => {
  for (const look of ["light", "dark", "small", "large"]) {
    test(`leads to a test message that arrives (${look})`, async () => {
      const page = await play.open("fresh", { look });
      let step = 0;
      const picture = async () => {
        step += 1;
        await shoot(page, `setup-${look}-${step}`);
        assert.deepEqual(await accessFaults(page), []);
      };
      await heading(page, "Welcome to Outtray");
      await press(page, "Begin");
      await soon.ok(() => page.getByRole("button", { name: "Next", exact: true }).isDisabled(), "no provider is chosen");
      await page.getByRole("radio", { name: "Microsoft 365" }).check();
      await page.getByText("December 2026").first().waitFor();
      await picture();
      await press(page, "Next");

      await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
      await page.getByLabel(/^Password/).fill("wrong");
      await page.getByText("Windows Credential Manager").first().waitFor();
      await press(page, "Check connection");
      await page.getByText("Sign-in refused").first().waitFor();
      await page.getByText("535 5.7.3").first().waitFor();
      await soon.ok(() => page.getByRole("button", { name: "Next", exact: true }).isDisabled(), "the check failed");
      await picture();
      await page.getByLabel(/^Password/).fill("right");
      await press(page, "Check again");
      await page.getByText("Accepts mail from you").first().waitFor();
      await picture();
      await press(page, "Next");

      await heading(page, "Who may send?");
      await soon.ok(() => page.getByRole("checkbox", { name: /10\.0\.0\.0\/24/ }).isChecked());
      await page.getByLabel("Subnet, range or address").fill("10.9.9.7/24");
      await page.getByText("10.9.9.0 to 10.9.9.255").first().waitFor();
      await page.getByLabel("Name", { exact: true }).fill("Warehouse printers");
      await press(page, "Add");
      await page.getByLabel("Name of 10.9.9.0/24").waitFor();
      await picture();
      await press(page, "Next");

      await heading(page, "Where devices connect");
      await soon.ok(() => page.getByRole("checkbox", { name: /Port 2525/ }).isChecked(), "25 is taken, 2525 stands in");
      await picture();
      await press(page, "Save and go on");

      await heading(page, "Send a test message");
      await page.getByLabel("To", { exact: true }).fill("me@northwind.example");
      await press(page, "Send test message");
      await page.getByText("Handed over to Microsoft 365").first().waitFor();
      await picture();
      await press(page, "Next");

      await heading(page, "Outtray is ready");
      await page.getByText("2525", { exact: true }).first().waitFor();
      await picture();
      await press(page, "Open Outtray");
      await heading(page, "Overview");
      await page.getByText("Mail is flowing").first().waitFor();
      const saved = await page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);
      assert.equal(saved.smartHost.server, "smtp.office365.com");
      assert.deepEqual(saved.rules.map(({ network }) => network), ["10.0.0.0/24", "10.0.1.0/24", "10.9.9.0/24"]);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }

  test("proposes private networks and ports of IPv6 where the machine has them, one line a port, and takes names", async () => {
    for (const look of ["light", "dark", "small"]) {
      const page = await play.open("fresh-ipv6", { look });
      await press(page, "Begin");
      await page.getByRole("radio", { name: "Another provider" }).check();
      await page.getByLabel(/^Server/).fill("mail.northwind.example");
      await press(page, "Next");
      await page.getByLabel("User name").fill("relay@northwind.example");
      await page.getByRole("textbox", { name: "Password" }).fill("right");
      await press(page, "Check connection");
      await page.getByText("Accepts mail from you").first().waitFor();
      await press(page, "Next");
      await soon.ok(() => page.getByRole("checkbox", { name: /fd12:3456/ }).isChecked());
      await soon.ok(async () => !(await page.getByRole("checkbox", { name: /2001:db8/ }).isChecked()));
      await page.getByText("192.168.1.20-192.168.1.40").first().waitFor();
      await page.getByLabel("Name of 10.0.0.0/24").fill("Office");
      await shoot(page, `setup-ipv6-senders-${look}`);
      assert.deepEqual(await overflows(page), []);
      await press(page, "Next");
      await heading(page, "Where devices connect");
      const also = page.getByRole("checkbox", { name: "Port 587 also by IPv6" });
      await soon.ok(() => also.isChecked());
      await soon.equal(() => page.getByRole("button", { name: /^Remove port/ }).count(), 0, "no line of its own");
      await page.getByLabel("Encryption on port 587").selectOption("plain");
      await page.getByRole("checkbox", { name: "Port 2525 also by IPv6" }).uncheck();
      await shoot(page, `setup-ipv6-listening-${look}`);
      assert.deepEqual(await overflows(page), []);
      assert.deepEqual(await accessFaults(page), [], look);
      await press(page, "Save and go on");
      await heading(page, "Send a test message");
      const { listeners, rules } = await page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);
      assert.deepEqual(listeners.map(({ address, port, encryption }) => `${address} ${port} ${encryption}`), ["0.0.0.0 2525 starttls", "0.0.0.0 587 plain", ":: 587 plain"]);
      assert.deepEqual(rules.map(({ network, name }) => `${network} ${name}`), ["10.0.0.0/24 Office", "10.0.1.0/24 Ethernet 2", "fd12:3456:789a:1::/64 Ethernet"]);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test("refuses public addresses until the word is typed", async () => {
    const page = await play.open("fresh");
    await toSignIn(page);
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Password/).fill("right");
    await press(page, "Skip the check, I know it is right");
    await heading(page, "Who may send?");
    await page.getByLabel("Subnet, range or address").fill("0.0.0.0/0");
    await page.getByText("every address on the internet").first().waitFor();
    const add = page.getByRole("button", { name: "Add", exact: true });
    await soon.ok(() => add.isDisabled());
    await shoot(page, "setup-public");
    await page.getByLabel(/type PUBLIC/).fill("PUBLIC");
    await add.click();
    await page.getByText("public on purpose").first().waitFor();
    await page.getByLabel("Subnet, range or address").fill("printer");
    await page.getByLabel("Name", { exact: true }).focus();
    await page.getByText("This is no address and no subnet").first().waitFor();
  });

  test("survives a closed window, without the password", async () => {
    const page = await play.open("fresh");
    await toSignIn(page, "SendGrid");
    await soon.ok(() => page.getByLabel("User name").inputValue().then((value) => value === "apikey"));
    await page.getByLabel(/^API key/).fill("SG.very-secret");
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.ok(!kept.includes("very-secret"));
    await page.reload();
    await heading(page, "Sign in to SendGrid");
    await soon.equal(() => page.getByLabel(/^API key/).inputValue(), "");
  });

  test("says so when no credential store is there, and keeps the password until restart only when told", async () => {
    const page = await play.open("no-credential-store");
    await toSignIn(page);
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Password/).fill("right");
    await page.getByRole("heading", { name: /cannot be kept for good/ }).waitFor();
    await press(page, "Check connection");
    await page.getByText("Accepts mail from you").first().waitFor();
    await page.getByText("Tick that the password is kept until restart.").first().waitFor();
    await shoot(page, "setup-no-store");
    await page.getByRole("checkbox", { name: /until Outtray restarts/ }).check();
    await press(page, "Next");
    await heading(page, "Who may send?");
    await press(page, "Next");
    await press(page, "Save and go on");
    await heading(page, "Send a test message");
    const secrets = await page.evaluate(() => window.fakeEngine.world.snapshot.settings.secrets);
    assert.deepEqual(secrets, [{ name: "smart-host", isSet: true, untilRestart: true }]);
  });

  test("shows what became of a test that fails", async () => {
    const page = await play.open("fresh");
    await toSignIn(page);
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Password/).fill("right");
    await press(page, "Skip the check, I know it is right");
    await press(page, "Next");
    await press(page, "Save and go on");
    await page.getByLabel("To", { exact: true }).fill("nobody@northwind.example");
    await press(page, "Send test message");
    await page.getByText("was refused").first().waitFor();
    await page.getByText("550 5.1.10").first().waitFor();
    await shoot(page, "setup-test-failed");
  });
});

/** What the window asks the engine from now on. */
async function listen(page) {
  await page.evaluate(() => {
    const { fakeEngine } = window;
    const answer = fakeEngine.answer.bind(fakeEngine);
    window.asked = [];
    fakeEngine.answer = (request) => {
      window.asked.push(request);
      return answer(request);
    };
  });
  return (...names) => page.evaluate((names) => window.asked.filter((request) => names.includes(request.ask)), names);
}

describe("a new password", () => {
  const SECRET = { name: "smart-host", secret: "for the new one", untilRestart: false };

  test("went to the old server before the setup was saved", async () => {
    const page = await play.open("fresh");
    const asked = await listen(page);
    await toSignIn(page);
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Password/).fill(SECRET.secret);
    await press(page, "Check connection");
    await page.getByText("Accepts mail from you").first().waitFor();
    await press(page, "Next");
    await press(page, "Next");
    await soon.deepEqual(() => asked("setSecret", "applySettings"), [], "nothing is stored before everything is saved");
    await press(page, "Save and go on");
    await heading(page, "Send a test message");
    const [saved, ...more] = await asked("setSecret", "applySettings");
    assert.deepEqual([saved.ask, saved.secret, saved.settings.smartHost.server, more], ["applySettings", SECRET, "smtp.office365.com", []]);
  });

  test("went to the old server before the settings were saved", async () => {
    const page = await play.open("flowing");
    const asked = await listen(page);
    await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: "Settings" }).click();
    await press(page, "Change provider…");
    await page.getByRole("radio", { name: /SendGrid/ }).check();
    await press(page, "Change to SendGrid");
    await page.getByLabel(/^API key/).fill(SECRET.secret);
    await press(page, "Save");
    await page.getByText("Saved and in force.").first().waitFor();
    const [saved, ...more] = await asked("setSecret", "applySettings");
    assert.deepEqual([saved.ask, saved.secret, saved.settings.smartHost.server, more], ["applySettings", SECRET, "smtp.sendgrid.net", []]);
  });
});

describe("taking over from the Windows SMTP service", () => {
  test("an engine that may not stop it has an administrator asked, there and back", async () => {
    const page = await play.open("iis-guest");
    await press(page, "Show its settings");
    await page.getByText(/2 messages still wait in its queue .* Pause it in IIS Manager first/).first().waitFor();
    await page.getByText(/D:\\Badmail cannot be looked into .*Access is denied/).first().waitFor();
    await press(page, "Begin with these");
    await press(page, "Next");
    await page.getByLabel(/^Password/).fill("right");
    await press(page, "Check connection");
    await page.getByText("Accepts mail from you").first().waitFor();
    await press(page, "Next");
    await press(page, "Next");
    await page.getByText("then Windows asks for an administrator").first().waitFor();
    assert.deepEqual(await accessFaults(page), []);
    await press(page, "Save and take over");
    await page.getByText("Outtray has the port now").first().waitFor();
    await heading(page, "Send a test message");
    await press(page, "Go on without a test");
    await press(page, "Open Outtray");
    await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: "Settings" }).click();
    await page.getByRole("tab", { name: "This machine" }).click();
    await page.getByText("stopped, start type disabled").first().waitFor();
    await press(page, "Give the port back…");
    await press(page, "Give it back");
    await page.getByText("running, start type automatic").first().waitFor();
  });

  test("an administrator reads what the engine may not", async () => {
    const page = await play.open("iis-closed");
    await page.getByText("Only administrators may read them").first().waitFor();
    assert.deepEqual(await accessFaults(page), []);
    await shoot(page, "iis-closed");
    await press(page, "Read them with an administrator’s rights");
    await page.getByText("was answered with no").first().waitFor();
    await press(page, "Read them with an administrator’s rights");
    await press(page, "Show its settings");
    await page.getByRole("dialog").getByText("Masquerade domain").first().waitFor();
    await soon.equal(() => page.getByText("could not be read").count(), 0);
    await press(page, "Begin with these");
    await heading(page, "Who takes your mail from here?");
  });

  for (const look of ["light", "dark", "small", "contrast"]) {
    test(`its settings are shown, used, and the service is replaced (${look})`, async () => {
      const page = await play.open("iis", { look });
      await heading(page, "Welcome to Outtray");
      await page.getByRole("heading", { name: "Take over from the Windows SMTP service" }).waitFor();
      await shoot(page, `iis-${look}-1`);
      assert.deepEqual(await accessFaults(page), []);
      await press(page, "Show its settings");
      await page.getByText("not carried over").first().waitFor({ state: "attached" });
      await page.getByText("2 settings nobody misses").click();
      await page.getByText("Limit session size").first().waitFor();
      await shoot(page, `iis-${look}-2`);
      assert.deepEqual(await accessFaults(page), []);
      await press(page, "Begin with these");

      await heading(page, "Who takes your mail from here?");
      await soon.ok(() => page.getByRole("radio", { name: "Microsoft 365" }).isChecked());
      await press(page, "Next");
      await soon.equal(() => page.getByLabel(/^Mailbox/).inputValue(), "scan@northwind.example");
      await page.getByLabel(/^Password/).fill("right");
      await press(page, "Check connection");
      await page.getByText("Accepts mail from you").first().waitFor();
      await press(page, "Next");
      await soon.ok(() => page.getByRole("checkbox", { name: /10\.0\.0\.0\/24/ }).isChecked());
      await press(page, "Next");
      await page.getByText("Saving stops and disables the Windows SMTP service").first().waitFor();
      await shoot(page, `iis-${look}-3`);
      assert.deepEqual(await accessFaults(page), []);
      await press(page, "Save and take over");
      await heading(page, "Send a test message");
    });
  }

  test("a MetaBase.xml of another server is picked, and a wrong file is named", async () => {
    const page = await play.open("fresh");
    const pick = (text) => page.getByLabel("MetaBase.xml").setInputFiles({ name: "MetaBase.xml", mimeType: "text/xml", buffer: Buffer.from(text) });
    await pick("<configuration/>");
    await page.getByText("This file has no SMTP virtual server.").first().waitFor();
    await pick("<IIsSmtpServer/>");
    await page.getByRole("dialog").getByText("Masquerade domain").first().waitFor();
    await press(page, "Begin with these");
    await heading(page, "Who takes your mail from here?");
  });

  test("the way back is one click and a question", async () => {
    const page = await play.open("iis-gone");
    await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: "Settings" }).click();
    await page.getByRole("tab", { name: "This machine" }).click();
    await page.getByText("stopped, start type disabled").first().waitFor();
    await press(page, "Give the port back…");
    await press(page, "Give it back");
    await page.getByText("running, start type automatic").first().waitFor();
  });
});
