/**
 * Signing in with a token: by a code, in a browser, as an application; and back to a password.
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
const world = (page) => page.evaluate(() => window.fakeEngine.world.snapshot.settings);

async function toSignIn(page, provider) {
  await press(page, "Begin");
  await page.getByRole("radio", { name: provider }).check();
  await press(page, "Next");
}

describe("signing in with a token", () => {
  for (const look of ["light", "dark", "small", "large"]) {
    test(`somebody types a code (${look})`, async () => {
      const page = await play.open("fresh", { look });
      await toSignIn(page, "Microsoft 365");
      await page.getByRole("radio", { name: "Sign in with Microsoft" }).check();
      await soon.equal(() => page.getByLabel(/^Password/).count(), 0, "there is no password any more");
      await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
      await page.getByText("Fill in mailbox and application.").first().waitFor();
      await page.getByLabel(/^Directory/).fill("northwind.example");
      await page.getByLabel(/^Application/).fill("11111111-2222-3333-4444-555555555555");
      await page.getByText("Nobody has signed in yet.").first().waitFor();
      await press(page, "Sign in");
      await page.getByText("FJK2LMNPQ").first().waitFor();
      await page.getByText("https://microsoft.com/devicelogin").first().waitFor();
      for (const name of ["Copy code", "Copy address", "Open"]) await page.getByRole("button", { name, exact: true }).waitFor();
      await shoot(page, `sign-in-code-${look}`);
      assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);

      await page.evaluate(() => window.fakeEngine.somebodySignsIn("relay@northwind.example"));
      await page.getByText(/Signed in as relay@northwind\.example since/).first().waitFor();
      await press(page, "Check connection");
      await page.getByText("relay@northwind.example (XOAUTH2)").first().waitFor();
      await page.getByText("Accepts mail from you").first().waitFor();
      await soon.ok(() => page.getByRole("button", { name: "Next", exact: true }).isEnabled());
      assert.deepEqual(page.faults, []);
    });
  }

  test("a sign-in that was begun can be given up", async () => {
    const page = await play.open("fresh");
    await toSignIn(page, "Google Workspace");
    await page.getByRole("radio", { name: "Sign in with Google" }).check();
    await page.getByLabel(/^Mailbox/).fill("relay@northwind.example");
    await page.getByLabel(/^Client ID/).fill("1-a.apps.googleusercontent.com");
    await page.getByLabel(/^Client secret/).fill("GOCSPX-1");
    await press(page, "Sign in");
    await page.getByText("https://accounts.google.com/").first().waitFor();
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
    await press(page, "Give up");
    await page.getByText("Nobody has signed in yet.").first().waitFor();
  });

  test("an application gets what an administrator has to type, and its secret goes with the settings", async () => {
    const page = await play.open("flowing");
    await goTo(page, "Settings");
    await page.getByRole("radio", { name: "As an application" }).check();
    await soon.equal(() => page.getByLabel(/^Mailbox/).inputValue(), "relay@northwind.example", "it is known already");
    await page.getByLabel(/^Directory/).fill("northwind.example");
    await page.getByLabel(/^Application/).fill("app-1");
    await page.getByLabel(/^Object ID/).fill("o'brien");
    const commands = page.locator("code", { hasText: "New-ServicePrincipal" });
    await soon.deepEqual(async () => (await commands.innerText()).split("\n"), [
      "Connect-ExchangeOnline",
      "New-ServicePrincipal -AppId 'app-1' -ObjectId 'o''brien' -DisplayName 'Outtray'",
      "Add-MailboxPermission -Identity 'relay@northwind.example' -User 'o''brien' -AccessRights FullAccess",
      "Set-CASMailbox -Identity 'relay@northwind.example' -SmtpClientAuthenticationDisabled $false",
    ]);
    await page.getByLabel(/^Client secret/).fill("the value");
    await page.getByLabel("Last day of the secret").fill("2028-11-20");
    assert.deepEqual([await accessFaults(page), await overflows(page)], [[], []]);
    await shoot(page, "sign-in-application");
    await press(page, "Save");
    await page.getByText("Saved and in force").first().waitFor();
    const { settings, secrets } = await world(page);
    assert.deepEqual(settings.smartHost.signIn, {
      kind: "oauth",
      user: "relay@northwind.example",
      clientId: "app-1",
      service: { kind: "microsoft365", tenant: "northwind.example" },
      grant: { kind: "clientCredentials", certificateFile: null, secretEnds: "2028-11-20" },
      scopes: [],
    });
    assert.ok(secrets.some((secret) => secret.name === "smart-host" && secret.isSet));

    await page.getByRole("radio", { name: "With a password" }).check();
    await soon.equal(() => page.getByLabel(/^Mailbox/).inputValue(), "relay@northwind.example");
    assert.deepEqual(page.faults, []);
  });
});
