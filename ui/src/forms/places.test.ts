import { describe, expect, it } from "vitest";

import { defaultSettings } from "../bridge/fake/defaults";
import { preset } from "./providers";
import { accessParts, isSame, keysOf, placeOf, sayPlace, settingsOfFile, settingsParts } from "./places";

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

  it("of a certificate's file is where it is named", () => {
    const settings = defaultSettings();
    const host = { ...preset("other"), signIn: { kind: "certificate" as const, certificateFile: "/etc/relay.pem", keyFile: "/etc/relay.key" } };
    expect(settingsOfFile(settings, "/etc/devices.pem")).toMatchObject({ part: "listening" });
    expect(settingsOfFile({ ...settings, smartHost: host }, "/etc/relay.pem")).toMatchObject({ part: "provider" });
    expect(settingsOfFile({ ...settings, otherSmartHosts: [{ name: "b", smartHost: host }] }, "/etc/relay.pem")).toMatchObject({ part: "routes" });
    expect(settingsOfFile(null)).toMatchObject({ part: "listening" });
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
