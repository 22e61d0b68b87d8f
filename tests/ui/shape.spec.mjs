/**
 * What is changed in mail on its way out: the sender, the signature; each shown before it is in force.
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
const inForce = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings.settings);

async function toSignatures(page) {
  await goTo(page, "Settings");
  await page.getByRole("tab", { name: "Outgoing mail" }).click();
}

describe("senders", () => {
  for (const look of ["light", "dark", "small", "large"]) {
    test(`all mail goes as the account, with a preview of the engine (${look})`, async () => {
      const page = await play.open("flowing", { look });
      await goTo(page, "Settings");
      await page.getByText(/takes mail only from relay@northwind\.example/).first().waitFor();
      await press(page, "Send all as the account");
      await page.getByLabel("Try it: mail from").fill("Scanner 2 <scanner@northwind.example>");
      await page.getByText("Scanner 2 <relay@northwind.example>").first().waitFor();
      await page.getByText("Answers go to", { exact: true }).scrollIntoViewIfNeeded();
      await shoot(page, `senders-${look}`);
      assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);

      await page.getByLabel("Readers see, before the new address").selectOption({ label: "Both, name and address" });
      await page.getByText('"Scanner 2 (scanner@northwind.example)" <relay@northwind.example>').first().waitFor();
      await press(page, "Save");
      await page.getByText("Saved and in force").first().waitFor();
      const { rewriting } = (await inForce(page)).smartHost;
      assert.deepEqual(rewriting, { senders: { kind: "all", address: null }, displayName: "nameAndAddress", replyTo: true });
      assert.deepEqual(page.faults, []);
    });
  }

  test("a list in its order, with what is wrong in its line", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByRole("radio", { name: "Others, by a list" }).check();
    await soon.equal(() => page.getByLabel("Becomes 1").inputValue(), "relay@northwind.example", "everybody, to begin with");
    await press(page, "Add a line in front");
    await page.getByLabel("Sender 1").fill("ups@northwind.example");
    await page.getByLabel("Becomes 1").fill("alarm");
    await page.getByLabel("Becomes 1").blur();
    await page.getByText(/This is no mail address/).first().waitFor();
    await soon.ok(() => page.getByRole("button", { name: "Save", exact: true }).isDisabled());
    await page.getByLabel("Becomes 1").fill("alarm@northwind.example");
    await page.getByLabel("Try it: mail from").fill("ups@northwind.example");
    await page.getByText("<alarm@northwind.example>").first().waitFor();
    await page.getByLabel("Sender 1").scrollIntoViewIfNeeded();
    await shoot(page, "senders-list");
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
    await page.getByText(/This is no mail address/).first().waitFor({ state: "detached" });
    await press(page, "Save");
    await page.getByText("Saved and in force").first().waitFor();
    await soon.deepEqual(async () => (await inForce(page)).smartHost.rewriting.senders.rows, [
      { from: "ups@northwind.example", to: "alarm@northwind.example" },
      { from: "*", to: "relay@northwind.example" },
    ]);
    assert.deepEqual(page.faults, []);
  });

  test("the setup asks where the provider takes one sender only", async () => {
    const page = await play.open("fresh");
    await press(page, "Begin");
    await page.getByRole("radio", { name: "Microsoft 365" }).check();
    await press(page, "Next");
    await soon.equal(() => page.getByText(/^Send all mail as/).count(), 0, "nobody knows the account yet");
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByRole("checkbox", { name: "Send all mail as relay@northwind.example" }).check();
    await shoot(page, "setup-senders");
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
  });
});

describe("signatures", () => {
  for (const look of ["light", "dark", "small", "large"]) {
    test(`a key is made, published and looked up (${look})`, async () => {
      const page = await play.open("flowing", { look });
      await toSignatures(page);
      await shoot(page, `signatures-none-${look}`);
      await press(page, "Add a domain");
      await soon.equal(() => page.getByLabel(/^Domain/).inputValue(), "northwind.example", "it is the office's own");
      await shoot(page, `signatures-add-${look}`);
      assert.deepEqual(await accessFaults(page), []);
      await press(page, "Make a key");
      await page.getByText("outtray._domainkey.northwind.example", { exact: true }).first().waitFor();
      await press(page, "Look it up");
      await page.getByText("It is not published yet").first().waitFor();
      await shoot(page, `signatures-not-found-${look}`);
      assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
      for (const [found, words] of [
        [{ kind: "other", record: "v=DKIM1; p=" }, "Something else is published there"],
        [{ kind: "noAnswer", said: "timed out" }, "The name servers could not be asked"],
        [{ kind: "published" }, "It is published"],
      ]) {
        await page.evaluate((found) => (window.fakeEngine.world.publishedKey = found), found);
        await press(page, "Look it up");
        await page.getByText(words, { exact: true }).first().waitFor();
      }
      await shoot(page, `signatures-published-${look}`);
      assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
      await press(page, "Save");
      await page.getByText("Saved and in force").first().waitFor();
      await soon.deepEqual(async () => (await inForce(page)).dkim, [{ domain: "northwind.example", selector: "outtray", enabled: true }]);
      assert.deepEqual(page.faults, []);
    });
  }

  test("what is copied is what is published", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => {
      window.copied = [];
      Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => void window.copied.push(text) } });
    });
    await toSignatures(page);
    await press(page, "Add a domain");
    await press(page, "Make a key");
    for (const name of ["Copy the name", "Copy the value", "Copy as a line of a zone file"]) await press(page, name);
    await soon.equal(() => page.evaluate(() => window.copied.length), 3);
    const copied = await page.evaluate(() => window.copied);
    assert.equal(copied[0], "outtray._domainkey.northwind.example");
    assert.match(copied[1], /^v=DKIM1; k=rsa; p=[A-Za-z0-9+/=]{300,}$/);
    assert.match(copied[2], /^outtray\._domainkey\.northwind\.example\. IN TXT \( "[^"]{255}" "[^"]+" \)$/);
  });

  test("a missing key is said on the overview, and its button leads to a new one", async () => {
    const page = await play.open("flowing");
    await page.evaluate(() => {
      const { world } = window.fakeEngine;
      world.snapshot.settings.settings.dkim = [{ domain: "northwind.example", selector: "s1", enabled: true }];
      window.fakeEngine.say({ kind: "settingsChanged", settings: world.snapshot.settings, engine: world.snapshot.engine });
      const now = Date.now();
      window.fakeEngine.setLane({ kind: "throttled", problem: { code: "signingKeyMissing", subject: "northwind.example" }, since: now, nextTry: now + 60_000 });
    });
    await page.getByText("The key that signs mail of northwind.example is missing.").first().waitFor();
    await shoot(page, "signatures-missing-overview");
    await page.getByRole("button", { name: "Signatures", exact: true }).first().click();
    await page.getByText("There is no key in the credential store").first().waitFor();
    await shoot(page, "signatures-missing");
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
    await press(page, "Make a key");
    await page.getByText("s1._domainkey.northwind.example", { exact: true }).first().waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("a name that is none, and a machine that cannot keep a key", async () => {
    const page = await play.open("flowing");
    await toSignatures(page);
    await page.evaluate(() => (window.fakeEngine.world.snapshot.settings.store = { kind: "unavailable", said: "locked" }));
    await press(page, "Add a domain");
    await page.getByLabel(/^Domain/).fill("northwind");
    await press(page, "Make a key");
    await page.getByText("This is no domain.").first().waitFor();
    await page.getByLabel(/^Domain/).fill("northwind.example");
    await press(page, "Make a key");
    await page.getByText(/credential store/).first().waitFor();
    await soon.equal(async () => (await inForce(page)).dkim.length, 0);
  });
});

describe("footer and archive", () => {
  for (const look of ["light", "small"]) {
    test(`a footer is written once and made into HTML (${look})`, async () => {
      const page = await play.open("flowing", { look });
      await toSignatures(page);
      await page.getByRole("switch", { name: "Put a footer under outgoing mail" }).check();
      await page.getByLabel("Under plain text").fill("Northwind Ltd & Co\n1 Harbour Street");
      await press(page, "Make the HTML from the text");
      await page.getByLabel("Under HTML").scrollIntoViewIfNeeded();
      await shoot(page, `footer-${look}`);
      assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
      await press(page, "Save");
      await page.getByText("Saved and in force").first().waitFor();
      await soon.match(async () => (await inForce(page)).footer.html, /Northwind Ltd &amp; Co<br>/);
      assert.deepEqual(page.faults, []);
    });
  }

  test("an archive at a rule", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Access");
    await page.getByRole("button", { name: "Change Office" }).click();
    await page.getByLabel("Copy of everything to").fill("archive");
    await page.getByLabel("Copy of everything to").blur();
    await page.getByText(/This is no mail address/).first().waitFor();
    await page.getByLabel("Copy of everything to").fill("archive@northwind.example");
    await page.getByText(/This is no mail address/).first().waitFor({ state: "detached" });
    await page.getByLabel("Copy of everything to").scrollIntoViewIfNeeded();
    await shoot(page, "archive-rule");
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
    await press(page, "Save");
    await page.getByText("Saved and in force").first().waitFor();
    await soon.ok(async () => (await inForce(page)).rules.some((rule) => rule.archive === "archive@northwind.example"));
  });
});
