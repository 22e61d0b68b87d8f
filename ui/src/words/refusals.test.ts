import { describe, expect, it } from "vitest";

import { allowing, listener } from "../bridge/make";
import generated from "../bridge/generated/control.ts?raw";
import { refusalWords, sayTlsTrouble, sayTlsWayOut } from "./refusals";

describe("refusals", () => {
  it("all have words that go on where the device's name ends", () => {
    const kinds = [...(/export type RefusalKind = ([^;]+);/.exec(generated)?.[1] ?? "").matchAll(/"(\w+)"/g)].map((found) => found[1]);
    expect(kinds.length).toBeGreaterThan(14);
    expect(Object.keys(refusalWords).sort()).toEqual(kinds.sort());
    for (const [kind, { title, means, todo }] of Object.entries(refusalWords)) {
      expect(title, kind).toMatch(/^[a-z].*[^.]$/);
      expect(means, kind).toMatch(/^[A-Z].*\.$/);
      expect(todo, kind).toMatch(/^$|^[A-Z].*\.$/);
    }
  });
});

describe("an old device's encryption", () => {
  const open = (port: number, encryption: "starttls" | "implicit") => ({ ...listener("0.0.0.0", port, encryption), problem: null });

  it("is explained in the engine's words, as a sentence", () => {
    expect(sayTlsTrouble("it offers only TLS 1.0; update the device")).toBe("It offers only TLS 1.0; update the device.");
    expect(sayTlsTrouble("")).toMatch(/\.$/);
  });

  it("leads to what can be set on it, and on which port", () => {
    expect(sayTlsWayOut([open(465, "implicit"), open(587, "starttls")], undefined)).toMatch(/newest firmware.* use port 587:/);
    expect(sayTlsWayOut([open(465, "implicit")], undefined)).toContain("Every port here demands encryption");
    expect(sayTlsWayOut([{ ...open(25, "starttls"), problem: { code: "portTaken" } }], undefined)).toContain("Every port");
    expect(sayTlsWayOut([open(25, "starttls")], { ...allowing("10.0.0.0/24", ""), requireEncryption: true })).toContain("Its rule takes encrypted mail only");
  });
});
