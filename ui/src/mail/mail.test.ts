import { describe, expect, it } from "vitest";

import { newEntry, seeded } from "../bridge/fake/office";
import { matches } from "../bridge/fake/search";
import { asSelection, everything, howMany, isChosen, nothing, only, range, toggle, without } from "./chosen";
import { cell } from "./csv";
import { linesFor } from "./DeviceLines";

const random = seeded(3);
const [a, b, c] = [0, 1, 2].map((at) => newEntry(random, 1000 + at, "queued"));
if (!a || !b || !c) throw new Error("three entries");

describe("a selection", () => {
  it("is one, several, a range, or all until now", () => {
    const one = only(a.id, 0);
    expect(howMany(toggle(one, b.id, 1), 9)).toBe(2);
    expect(howMany(toggle(one, a.id, 0), 9)).toBe(0);
    expect(range(one, [a, b, c], false).ids.size).toBe(3);
    expect(howMany(everything(1001), 9)).toBe(9);
  });

  it("of all does not take what came later", () => {
    const all = everything(1001);
    expect(isChosen(all, b)).toBe(true);
    expect(isChosen(all, c)).toBe(false);
    expect(asSelection(all, { text: "x", states: [], lane: null })).toEqual({ kind: "matching", filter: { text: "x", states: [], lane: null }, acceptedUntil: 1001 });
  });

  it("loses what left the queue and nothing else", () => {
    const two = range(nothing, [a, b], false);
    expect([...without(two, [a.id, "other"]).ids]).toEqual([b.id]);
    expect(without(two, ["other"])).toBe(two);
  });
});

describe("a cell of the table", () => {
  it("is quoted where it must be", () => {
    expect(cell('say "a", b')).toBe('"say ""a"", b"');
    expect(cell("plain")).toBe("plain");
  });

  it("never becomes a formula", () => {
    expect(cell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
    expect(cell("@cmd")).toBe("'@cmd");
  });
});

describe("lines for a scanner", () => {
  const listener = (port: number, encryption: "starttls" | "implicit") => ({ address: "0.0.0.0", port, encryption, problem: null });

  it("name the port most devices know", () => {
    const lines = linesFor([listener(465, "implicit"), listener(25, "starttls")], null, "srv", "");
    expect(lines[0]).toEqual(["SMTP server", "srv", ""]);
    expect(lines[1]).toEqual(["Port", "25", "also 465 (SSL/TLS)"]);
  });

  it("leave out a port that is not open", () => {
    const closed = { ...listener(25, "starttls"), problem: { code: "portTaken" as const } };
    expect(linesFor([closed], null, "srv", "")[1]?.[1]).toBe("none is open");
  });
});

describe("the fake's search", () => {
  it("narrows by words as the engine does", () => {
    const invoice = { ...a, sender: "invoices@x.example", subject: "Invoice 7", acceptedAt: Date.parse("2026-11-10T12:00:00") };
    const finds = (text: string) => matches({ text, states: [], lane: null })(invoice);
    expect(finds("from:invoices subject:7 after:2026-11-10 before:2026-11-11")).toBe(true);
    expect(finds("from:scanner")).toBe(false);
    expect(finds("before:2026-11-10")).toBe(false);
  });
});
