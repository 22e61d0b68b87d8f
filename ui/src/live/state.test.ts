import { describe, expect, it } from "vitest";

import type { Event, Fact, Link, Snapshot } from "../bridge/bridge";
import { newEntry } from "../bridge/fake/office";
import { worldOf } from "../bridge/fake/scenarios";
import { allowing } from "../bridge/make";
import { countIntoHours, HOUR, needs, reduce, start, stillRefused, type EngineState, type Happening } from "./state";

const NOW = Date.parse("2026-11-23T14:30:00Z");

function snapshot(seq: number): Snapshot {
  return { ...worldOf("flowing", NOW).snapshot, seq };
}

const event = (seq: number, fact: Fact): Event => ({ from: seq, seq, fact });
const paused = (seq: number, value: boolean) => event(seq, { kind: "pausedChanged", paused: value });
const events = (state: EngineState, ...list: Event[]) => reduce(state, { kind: "events", events: list, now: NOW });
const link = (state: Link) => ({ kind: "link" as const, connection: { state, reason: null, why: null, service: "none" as const } });
const connected = reduce(start, link("connected"));
const ready = reduce(reduce(connected, { kind: "asked" }), { kind: "snapshot", snapshot: snapshot(41) });

describe("the engine's state", () => {
  it("asks for a snapshot when the link is there", () => {
    expect(connected.ask).toBe(true);
  });

  it("keeps events that come before the snapshot and applies only the newer ones", () => {
    const early = events(connected, paused(41, false), paused(42, true));
    expect(early.snapshot).toBeNull();
    const state = reduce(early, { kind: "snapshot", snapshot: snapshot(41) });
    expect(state.seq).toBe(42);
    expect(state.snapshot?.paused).toBe(true);
    expect(state.early).toEqual([]);
  });

  it("drops an event that the snapshot already contains", () => {
    const state = events(ready, paused(40, true), paused(41, true));
    expect(state.snapshot?.paused).toBe(false);
    expect(state.ask).toBe(false);
  });

  it("asks again when a number is missing, and then applies what came meanwhile", () => {
    const gap = events(ready, paused(43, true));
    expect(gap.ask).toBe(true);
    expect(gap.snapshot?.paused).toBe(false);
    const asked = reduce(gap, { kind: "asked" });
    const more = events(asked, paused(44, false), paused(45, true));
    const whole = reduce(more, { kind: "snapshot", snapshot: snapshot(43) });
    expect(whole.seq).toBe(45);
    expect(whole.snapshot?.paused).toBe(true);
    expect(whole.ask).toBe(false);
  });

  it("asks again when too much happened to tell", () => {
    expect(events(ready, event(90, { kind: "lagged" })).ask).toBe(true);
  });

  it("takes lines of a connection check as no part of the numbering", () => {
    const line = event(0, { kind: "probed", probe: 1, step: { stage: "name", outcome: { kind: "started" }, tookMs: 0 } });
    expect(events(ready, line)).toBe(ready);
    const numbered = events(ready, { ...line, seq: 42 }, paused(43, true));
    expect(numbered.ask).toBe(false);
    expect(numbered.snapshot?.paused).toBe(true);
  });

  it("keeps the picture while the link is lost and asks again when it is back", () => {
    const lost = reduce(ready, link("lost"));
    expect(lost.snapshot).not.toBeNull();
    expect(lost.ask).toBe(false);
    expect(reduce(lost, link("connected")).ask).toBe(true);
  });

  it("puts a client that is refused again first, once", () => {
    const client = { ...worldOf("refused-devices", NOW).snapshot.refused[0], count: 5 } as Snapshot["refused"][number];
    const state = events(ready, event(42, { kind: "clientRefused", client }));
    expect(state.snapshot?.refused.filter((each) => each.address === client.address)).toEqual([client]);
    expect(state.snapshot?.refused[0]).toEqual(client);
  });

  it("keeps twenty lines of recent news, newest first", () => {
    const line = { ...ready.snapshot?.recent[0], message: "new" } as Snapshot["recent"][number];
    const state = events(ready, ...Array.from({ length: 30 }, (_, at) => event(42 + at, { kind: "recent", lines: [{ ...line, at }] })));
    expect(state.snapshot?.recent).toHaveLength(20);
    expect(state.snapshot?.recent[0]?.at).toBe(29);
  });
});

describe("hours", () => {
  const counters = snapshot(1).counters;
  const from = NOW - (NOW % HOUR);
  const hours = Array.from({ length: 24 }, (_, at) => ({ from: from - (23 - at) * HOUR, accepted: 1, sent: 1, failed: 0, refused: 0 }));

  it("count growth into the running hour", () => {
    const after = countIntoHours(hours, counters, { ...counters, accepted: counters.accepted + 2 }, NOW);
    expect(after).toHaveLength(24);
    expect(after.at(-1)).toMatchObject({ from, accepted: 3, sent: 1 });
  });

  it("begin a new hour and let the oldest go", () => {
    const after = countIntoHours(hours, counters, { ...counters, sent: counters.sent + 1 }, NOW + HOUR);
    expect(after).toHaveLength(24);
    expect(after[0]).toBe(hours[1]);
    expect(after.at(-1)).toEqual({ from: from + HOUR, accepted: 0, sent: 1, failed: 0, refused: 0 });
  });

  it("do not shrink when an old hour leaves the counters", () => {
    const after = countIntoHours(hours, counters, { ...counters, accepted: 0 }, NOW);
    expect(after.at(-1)?.accepted).toBe(1);
  });
});

describe("events that cover several numbers or none", () => {
  const ready = reduce(start, { kind: "snapshot", snapshot: snapshot(41) });
  const take = (state: EngineState, ...list: Event[]) => reduce(state, { kind: "events", events: list, now: NOW });
  const off: Fact = { kind: "pausedChanged", paused: true };

  it("takes several facts of one moment as one step", () => {
    const state = take(ready, { from: 42, seq: 45, fact: { kind: "several", facts: [off, { kind: "noticesChanged", notices: [] }] } });
    expect(state.seq).toBe(45);
    expect(state.snapshot?.paused).toBe(true);
    expect(state.ask).toBe(false);
  });

  it("takes an event that overlaps the snapshot, and asks again over a gap", () => {
    expect(take(ready, { from: 40, seq: 43, fact: off }).seq).toBe(43);
    expect(take(ready, { from: 43, seq: 44, fact: off }).ask).toBe(true);
    expect(take(ready, { from: 40, seq: 41, fact: off })).toBe(ready);
  });

  it("takes what has no number as it comes", () => {
    const state = take(ready, { from: 1, seq: 0, fact: off });
    expect(state.seq).toBe(41);
    expect(state.snapshot?.paused).toBe(true);
  });

  it("shows a line of the last minutes once, however often it is told", () => {
    const line = { at: NOW, message: "m", sender: "a@b", recipient: "c@d", client: "10.0.0.7", state: "sent", tookMs: 5 } as const;
    const told = take(ready, { from: 42, seq: 42, fact: { kind: "recent", lines: [line] } }, { from: 43, seq: 43, fact: { kind: "recent", lines: [line] } });
    expect(told.snapshot?.recent.filter((each) => each.message === "m")).toHaveLength(1);
  });
});

describe("what needs a person", () => {
  it("is counted once each: the way out, closed ports, notices, refused devices", () => {
    const of = (scenario: Parameters<typeof worldOf>[0]) => needs({ ...worldOf(scenario, NOW).snapshot, seq: 1 });
    expect(of("empty")).toBe(0);
    expect(of("flowing")).toBe(1);
    expect(of("trouble")).toBe(2);
    expect(of("port-taken")).toBe(2);
    expect(of("refused-devices")).toBe(4);
    expect(of("fresh")).toBe(1);
  });

  it("is no device any more that has sent since, unless it was one message that was refused", () => {
    const first: EngineState = { ...start, snapshot: { ...worldOf("refused-devices", NOW).snapshot, seq: 1 }, seq: 1 };
    const sends = (seq: number, client: string, acceptedAt: number, kind: "queueChanged" | "queueLeft" = "queueChanged"): Happening => ({
      kind: "events",
      now: NOW,
      events: [{ from: seq, seq, fact: { kind, entries: [newEntry(() => 0.5, acceptedAt, "queued", { client })] } }],
    });
    const left = (state: EngineState) => state.snapshot?.refused.map((client) => client.address);
    expect(left(reduce(first, sends(2, "10.0.0.77", NOW - HOUR)))).toHaveLength(4);
    expect(left(reduce(first, sends(2, "10.0.0.77", NOW)))).toEqual(["10.0.1.30", "203.0.113.9", "10.0.0.44"]);
    expect(left(reduce(first, sends(2, "10.0.1.30", NOW, "queueLeft")))).toEqual(["10.0.0.77", "203.0.113.9", "10.0.0.44"]);
    expect(left(reduce(first, sends(2, "10.0.0.44", NOW)))).toContain("10.0.0.44");
  });

  it("is no device any more that a rule lets in by now, and still one that a condition keeps out", () => {
    const { snapshot } = worldOf("refused-devices", NOW);
    const { settings } = snapshot.settings;
    const open = { ...snapshot.settings, settings: { ...settings, rules: [allowing("0.0.0.0/0", "", true)] } };
    expect(stillRefused({ ...snapshot, settings: open }).map((client) => client.why)).toEqual(["tooLarge"]);
  });
});
