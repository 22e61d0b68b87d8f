import { describe, expect, it } from "vitest";

import { defaultSettings } from "../bridge/fake/defaults";
import type { RefusalKind, RefusedClient, Settings } from "../bridge/bridge";
import { allowing } from "../bridge/make";
import { helpFor } from "./help";

const client = (why: RefusalKind, more: Partial<RefusedClient> = {}): RefusedClient => ({
  address: "10.0.0.7",
  clientName: "scanner",
  count: 1,
  firstAt: 0,
  lastAt: 0,
  lastSender: "a@b.example",
  lastRecipient: "",
  lastReply: "550 5.7.1 no",
  why,
  network: "10.0.0.0/24",
  ...more,
});
const labels = (why: RefusalKind, settings: Partial<Settings>, more: Partial<RefusedClient> = {}, plainPort = true) =>
  helpFor(client(why, more), { ...defaultSettings(), ...settings }, plainPort).map((help) => help.label);
const office = allowing("10.0.0.0/24", "Office");

describe("what mends a refusal", () => {
  it("of a device in no network: allow it, or its network", () => {
    expect(labels("notAllowed", {})).toEqual(["Allow this device", "Allow 10.0.0.0/24"]);
    expect(labels("notAllowed", {}, { network: null })).toEqual(["Allow this device"]);
  });

  it("by a rule: allow it in front of that, or change the rule; never what would hide a rule", () => {
    expect(labels("notAllowed", { rules: [{ ...office, action: "refuse" }] })).toEqual(["Allow this device", "Allow 10.0.0.0/24", "Change its rule"]);
    expect(labels("notAllowed", { rules: [{ ...office, network: "10.0.0.7", action: "refuse" }] })).toEqual(["Allow this device", "Change its rule"]);
  });

  it("by a condition: where that condition stands", () => {
    const strict = { ...office, requireEncryption: true, senders: ["office.example"], messageBytes: 1_000_000, recipients: "ownDomains" as const };
    const at = helpFor(client("encryptionNeeded"), { ...defaultSettings(), rules: [allowing("10.1.0.0/24", ""), strict] }, true);
    expect(at).toEqual([{ kind: "go", label: "Change its rule", route: { page: "access", part: "rules", rule: 1 } }]);
    expect(labels("senderNotAllowed", { rules: [strict] })).toEqual(["Change its rule"]);
    expect(labels("recipientNotAllowed", { rules: [strict] })).toEqual(["Change its rule", "Own domains"]);
    expect(labels("tooLarge", { rules: [strict] })).toEqual(["Change its rule"]);
    expect(labels("tooLarge", { rules: [office] })).toEqual(["Change limits"]);
    expect(labels("signInNeeded", { rules: [{ ...office, requireSignIn: true }] })).toEqual(["Device accounts", "Change its rule"]);
  });

  it("by a list: that list, and nothing where there is none", () => {
    const lists = { ...defaultSettings().lists, deniedSenders: ["b.example"] };
    expect(labels("senderNotAllowed", { rules: [office], lists })).toEqual(["Senders and recipients"]);
    expect(labels("recipientNotAllowed", { rules: [office], lists })).toEqual([]);
  });

  it("of an old device: words alone, unless nothing here takes it", () => {
    expect(labels("tlsFailed", { rules: [office] })).toEqual([]);
    expect(labels("tlsFailed", { rules: [office] }, {}, false)).toEqual(["Change listening"]);
    expect(labels("tlsFailed", { rules: [{ ...office, requireEncryption: true }] })).toEqual(["Change its rule"]);
  });
});
