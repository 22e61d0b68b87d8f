import { describe, expect, it } from "vitest";

import { defaultSettings } from "../bridge/fake/defaults";
import { accessParts, isSame, keysOf, placeOf, sayPlace, settingsParts } from "./places";

describe("the place of a field", () => {
  it("is on one of the two pages for everything in the settings but their version", () => {
    const keys = Object.keys(defaultSettings()).filter((key) => key !== "version");
    expect([...keysOf("settings"), ...keysOf("access")].sort()).toEqual(keys.sort());
    for (const key of keys) {
      const place = placeOf(`${key}.something`);
      const parts: readonly [string, string][] = place?.page === "access" ? accessParts : settingsParts;
      expect(parts.map(([part]) => part), key).toContain(place?.part);
    }
  });

  it("is said as seen from where one stands", () => {
    const rules = placeOf("rules[0].network");
    expect(rules).toEqual({ page: "access", part: "rules" });
    if (!rules) throw new Error("no place");
    expect([sayPlace(rules, "access"), sayPlace(rules, "settings")]).toEqual(["Rules", "Access, Rules"]);
    expect(isSame(rules, placeOf("rules[7].rate.messagesPerDay"))).toBe(true);
    expect(isSame(rules, placeOf("lists.ownDomains[0]"))).toBe(false);
    expect(placeOf("version")).toBeNull();
  });
});
