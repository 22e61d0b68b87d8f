import { describe, expect, it } from "vitest";

import type { LaneView } from "../bridge/bridge";
import { newEntry, seeded } from "../bridge/fake/office";
import { cells } from "./csv";
import { lanesOf, lanesOfEntry } from "./lanes";

const lane: LaneView = {
  name: "default",
  provider: "microsoft365",
  server: "smtp.office365.com",
  port: 587,
  state: { kind: "ready" },
  connections: 0,
  lastSuccessAt: null,
  pace: { recipientsToday: 0, recipientsPerDay: null, waitsUntil: null, slowed: false },
  paused: false,
  waiting: 0,
  failedOver: false,
};
const backup: LaneView = { ...lane, name: "Night watch", provider: "other", server: "mail.example" };
const entry = newEntry(seeded(1), 0, "sent");

describe("providers of messages", () => {
  it("are named where there are several, as they were typed", () => {
    expect(lanesOf(lane, []).several).toEqual([]);
    const two = lanesOf(lane, [backup]);
    expect(two.several.map(({ label }) => label)).toEqual(["Microsoft 365", "Night watch"]);
    expect([two.label(null), two.label("default"), two.label("one that is gone")]).toEqual(["Microsoft 365", "Microsoft 365", "one that is gone"]);
    expect([two.provider("Night watch"), two.provider("one that is gone")]).toEqual(["other", "microsoft365"]);
  });

  it("are those it waits for, then the one it went through", () => {
    expect(lanesOfEntry({ ...entry, lane: "default", waitsFor: ["Night watch", "third"] })).toEqual(["Night watch", "third"]);
    expect(lanesOfEntry({ ...entry, lane: "default", waitsFor: [] })).toEqual(["default"]);
    expect(lanesOfEntry({ ...entry, lane: null, waitsFor: [] })).toEqual([]);
  });

  it("stand in the last column of the table", () => {
    expect(cells({ ...entry, lane: "Night watch" }, lanesOf(lane, [backup])).at(-1)).toBe("Night watch");
  });
});
