/**
 * Every page in every state and look: nothing cut, nobody kept out, no fault in the console; a picture of each.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessFaults, goTo, overflows, shoot, stage } from "./kit.mjs";

let play;
before(async () => {
  play = await stage();
});
afterEach(() => play.clear());
after(() => play.close());

/** In a low window the story covers everything, the navigation too: it is closed first. */
async function leaveFor(page, name) {
  const close = page.getByRole("button", { name: "Close the story" });
  if (await close.isVisible()) await close.click();
  await goTo(page, name);
}

const overview = { name: "overview" };
const queue = { name: "queue", at: (page) => goTo(page, "Queue") };
const story = {
  name: "queue-story",
  async at(page) {
    await goTo(page, "Queue");
    await page.getByRole("row").nth(1).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
  },
};
const history = { name: "history", at: (page) => leaveFor(page, "History") };
const settings = { name: "settings", at: (page) => leaveFor(page, "Settings") };
const part = (name, title) => ({
  name: `settings-${name}`,
  async at(page) {
    await goTo(page, "Settings");
    await page.getByRole("tab", { name: title }).click();
    await page.getByRole("tabpanel", { name: title }).waitFor();
  },
});
const listening = part("listening", "Listening");
const machine = {
  name: "settings-machine",
  async at(page) {
    await part("machine", "This machine").at(page);
    await page.getByRole("button", { name: "Ask now" }).click();
    await page.getByText("as the mail provider sees it").first().waitFor();
  },
};
const devices = { name: "devices", at: (page) => leaveFor(page, "Devices") };
const access = {
  name: "access",
  async at(page) {
    await leaveFor(page, "Access");
    await page.getByRole("button", { name: "Change Office" }).click();
  },
};
const accessPart = (name, title) => ({
  name: `access-${name}`,
  async at(page) {
    await goTo(page, "Access");
    await page.getByRole("tab", { name: title }).click();
    await page.getByRole("tabpanel", { name: title }).waitFor();
  },
});
const allAccess = [access, accessPart("accounts", "Device accounts"), accessPart("lists", "Senders and recipients"), accessPart("content", "Content"), accessPart("bursts", "Unusual amounts")];
/** A rule that decides, with the question and its answer. */
const asked = {
  name: "access-asked",
  async at(page) {
    await leaveFor(page, "Access");
    await page.getByLabel("May this device").fill("10.0.0.7");
    await page.getByLabel("send as").fill("a@contoso.example");
    await page.getByRole("textbox", { name: "to", exact: true }).fill("b@northwind.example");
    await page.getByRole("button", { name: "Ask the engine" }).click();
    await page.getByText("decides", { exact: true }).first().waitFor();
  },
};
/** The password of an account: before it is set, and when it is shown once. */
const password = [
  {
    name: "access-password",
    async at(page) {
      await accessPart("accounts", "Device accounts").at(page);
      await page.getByRole("button", { name: "Change password…" }).click();
      await page.getByRole("button", { name: "Make one up" }).click();
    },
  },
  {
    name: "access-password-set",
    async at(page) {
      await page.getByRole("button", { name: "Set password", exact: true }).click();
      await page.getByText("Enter this in the device now").first().waitFor();
    },
  },
];
/** Why a device was refused, unfolded in its line. */
const unfolded = {
  name: "devices-unfolded",
  async at(page) {
    await leaveFor(page, "Devices");
    await page.getByRole("button", { name: /refused: why/ }).first().click();
  },
};
const foot = {
  name: "devices-foot",
  async at(page) {
    await page.getByRole("heading", { name: "Refusals" }).scrollIntoViewIfNeeded();
  },
};
const setup = { name: "setup" };

const plan = {
  light: {
    flowing: [overview, queue, story, history, settings, listening, part("limits", "Limits"), part("retries", "Retries and reports"), part("upkeep", "History and log"), devices, ...allAccess, asked, ...password],
    burst: [overview, devices, queue],
    "every-refusal": [devices, unfolded, foot],
    "own-troubles": [overview, devices],
    trouble: [overview, story, settings],
    fresh: [setup],
    empty: [overview, queue, history, devices],
    unreachable: [overview],
    paused: [overview, queue],
    flood: [queue],
    "refused-devices": [overview, devices],
    "lost-link": [overview],
    "old-version": [overview],
    "no-credential-store": [setup],
    "settings-broken": [overview],
    "port-taken": [overview, listening],
    firewall: [machine],
    "public-network": [machine],
    "disk-full": [overview],
  },
  dark: { flowing: [overview, queue, story, history, settings, listening, devices, ...allAccess, asked, ...password], burst: [devices], "every-refusal": [devices], "own-troubles": [overview], firewall: [machine], "public-network": [machine], trouble: [overview], fresh: [setup], paused: [queue] },
  small: { flowing: [overview, queue, story, history, settings, listening, devices, ...allAccess, asked, ...password], burst: [devices], "every-refusal": [devices, unfolded], "own-troubles": [overview], firewall: [machine], "public-network": [machine], trouble: [overview, queue], fresh: [setup], "lost-link": [overview] },
  large: { flowing: [overview, queue, story, history, settings, listening, devices, access, asked, ...password], burst: [devices], trouble: [overview], fresh: [setup] },
  contrast: { flowing: [overview, queue, story, history, settings, devices, access, asked], burst: [devices], trouble: [overview], fresh: [setup] },
};

for (const [look, worlds] of Object.entries(plan)) {
  describe(look, () => {
    for (const [world, pages] of Object.entries(worlds)) {
      test(world, async () => {
        const page = await play.open(world, { look });
        if (world === "lost-link") await page.getByText("The engine does not answer").first().waitFor();
        for (const { name, at } of pages) {
          await at?.(page);
          await shoot(page, `${look}-${world}-${name}`);
          assert.deepEqual(await overflows(page), [], `${name} is wider than its window`);
          assert.deepEqual(await accessFaults(page), [], `${name} keeps someone out`);
        }
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }
  });
}
