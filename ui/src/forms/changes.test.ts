import { describe, expect, it } from "vitest";

import { defaultSettings } from "../bridge/fake/defaults";
import { allowing } from "../bridge/make";
import { changedParts, withParts } from "./changes";

const before = defaultSettings();

describe("what differs", () => {
  it("is named, each part once, and only where it differs in value", () => {
    const after = { ...structuredClone(before), rules: [allowing("10.0.0.0/24", "")], logLevel: "debug" as const };
    expect(changedParts(before, after)).toEqual(["rules", "log"]);
    expect(changedParts(before, after, ["limits", "logLevel"])).toEqual(["log"]);
    expect(changedParts(before, structuredClone(before))).toEqual([]);
  });

  it("of a page's own parts is put upon settings that others have changed", () => {
    const mine = { ...before, rules: [allowing("10.0.0.0/24", "")], hostName: "never typed here" };
    const theirs = { ...before, hostName: "relay.office.example" };
    expect(withParts(theirs, mine, ["rules", "accounts"])).toEqual({ ...theirs, rules: mine.rules });
  });
});
