import { describe, expect, it } from "vitest";

import type { LaneView } from "../bridge/generated/control";
import { sayLaneState, sayRoute, saySentAgain, sayUse } from "./lanes";

const lane: LaneView = {
  name: "backup",
  provider: "other",
  server: "mail.example",
  port: 587,
  state: { kind: "ready" },
  connections: 0,
  lastSuccessAt: null,
  pace: { recipientsToday: 1200, recipientsPerDay: 10_000, waitsUntil: null, slowed: false },
  paused: false,
  waiting: 0,
  failedOver: false,
};
const down: LaneView["state"] = { kind: "throttled", problem: { code: "connectionRefused" }, since: 0, nextTry: 0 };

describe("a provider among several", () => {
  it("says what its state means for its mail", () => {
    expect(sayLaneState(lane, "Backup")).toEqual({ label: "well", tone: "good", means: "" });
    expect(sayLaneState({ ...lane, paused: true, waiting: 2 }, "Backup").means).toContain("2 messages wait for it, and go no other way.");
    const left = sayLaneState({ ...lane, state: down, failedOver: true }, "Backup");
    expect([left.label, left.tone]).toEqual(["down", "warn"]);
    expect(left.means).toContain("goes through the next provider");
    expect(sayLaneState({ ...lane, state: down, waiting: 1 }, "Backup").means).toContain("1 message waits for it, none is lost.");
  });

  it("tells its use against the limit", () => {
    expect(sayUse(lane)).toBe("1,200 of 10,000 in 24 h");
    expect(sayUse({ ...lane, pace: { ...lane.pace, recipientsPerDay: null } })).toBe("1,200 in 24 h");
  });
});

describe("a route", () => {
  it("is said by what it is for", () => {
    const route = { name: "", senders: [], recipients: [], clients: [], via: ["backup"] };
    expect(sayRoute(route)).toBe("all mail");
    expect(sayRoute({ ...route, senders: ["*"] })).toBe("all mail");
    expect(sayRoute({ ...route, senders: ["a@b.example", "<>"], recipients: ["x.example"] })).toBe("mail from a@b.example, Outtray’s own reports, to x.example");
  });
});

describe("what was sent again", () => {
  it("is said only when there is some", () => {
    expect(saySentAgain(0)).toBe("");
    expect(saySentAgain(1)).toContain("1 message was sent again");
    expect(saySentAgain(3)).toContain("3 messages were sent again");
    expect(saySentAgain(3)).toContain("have them twice");
  });
});
