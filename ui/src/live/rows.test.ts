import { describe, expect, it } from "vitest";

import type { EntryView, Event, Page, RecipientState } from "../bridge/bridge";
import { newEntry, seeded } from "../bridge/fake/office";
import { emptyRows, indexOf, isStale, missingPages, PAGE, receiveEvents, receivePage, restart, rowAt, type Rows } from "./rows";

const random = seeded(7);
const NOW = 1_790_000_000_000;
const entries = Array.from({ length: 250 }, (_, at) => newEntry(random, NOW + at, "queued"));
const first = entry(0);

function entry(at: number): EntryView {
  const found = entries[at];
  if (!found) throw new Error("no such entry");
  return found;
}

const page = (number: number, seq = 10): Page => ({ entries: entries.slice(number * PAGE, (number + 1) * PAGE), total: entries.length, seq });
const changed = (seq: number, ...list: EntryView[]): Event => ({ from: seq, seq, fact: { kind: "queueChanged", entries: list } });
const left = (seq: number, ...list: EntryView[]): Event => ({ from: seq, seq, fact: { kind: "queueLeft", entries: list } });
const as = (one: EntryView, state: RecipientState): EntryView => ({ ...one, state });

function queue(states: RecipientState[] = []): Rows {
  return restart(emptyRows("queue", { text: "", states, lane: null }), new Map([[0, page(0)]]));
}

describe("rows of a long list", () => {
  it("know what is missing in sight", () => {
    expect(missingPages(queue(), 0, 99)).toEqual([]);
    expect(missingPages(queue(), 90, 240)).toEqual([1, 2]);
  });

  it("take a page read in passing", () => {
    const rows = receivePage(queue(), 2, page(2));
    expect(rowAt(rows, 249)).toBe(entries[249]);
    expect(rowAt(rows, 150)).toBeUndefined();
    expect(indexOf(rows, entry(201).id)).toBe(201);
  });

  it("change a row in its place", () => {
    const rows = receiveEvents(queue(), [changed(11, as(first, "deferred"))]);
    expect(rowAt(rows, 0)?.state).toBe("deferred");
    expect(isStale(rows)).toBe(false);
  });

  it("keep a row that left in its place, marked", () => {
    const rows = receiveEvents(queue(), [left(11, as(first, "sent"))]);
    expect(rowAt(rows, 0)?.state).toBe("sent");
    expect(rows.left.has(first.id)).toBe(true);
    expect(rows.total).toBe(250);
  });

  it("mark a row whose state is no longer asked for", () => {
    const rows = receiveEvents(queue(["queued"]), [changed(11, as(first, "held"))]);
    expect(rows.left.has(first.id)).toBe(true);
  });

  it("count what is new and show it only when read again", () => {
    const fresh = newEntry(random, NOW + 999, "queued");
    const rows = receiveEvents(queue(), [changed(11, fresh)]);
    expect(rows.fresh.size).toBe(1);
    const again = restart(rows, new Map([[0, { ...page(0, 12), total: 251 }]]));
    expect(again.fresh.size).toBe(0);
    expect(again.total).toBe(251);
  });

  it("do not take an old message on an unread page for a new one", () => {
    const rows = receiveEvents(queue(), [changed(11, { ...entry(180), state: "deferred", attempts: 1 })]);
    expect(rows.fresh.size).toBe(0);
  });

  it("lay what was heard over a page that was made before", () => {
    const heard = receiveEvents(queue(), [changed(11, { ...entry(120), state: "held" }), left(12, as(entry(121), "sent"))]);
    const rows = receivePage(heard, 1, page(1, 10));
    expect(rowAt(rows, 120)?.state).toBe("held");
    expect(rows.left.has(entry(121).id)).toBe(true);
    const newer = receivePage(heard, 1, page(1, 12));
    expect(rowAt(newer, 120)?.state).toBe("queued");
  });

  it("keep a message as new that came after the answer was made", () => {
    const fresh = newEntry(random, NOW + 5000, "queued");
    const rows = receiveEvents(queue(), [changed(30, fresh)]);
    expect(restart(rows, new Map([[0, page(0, 20)]])).fresh.has(fresh.id)).toBe(true);
  });

  it("in the history, a settled message stays", () => {
    const history = restart(emptyRows("history", { text: "", states: [], lane: null }), new Map([[0, page(0)]]));
    const rows = receiveEvents(history, [left(11, as(first, "sent"))]);
    expect(rowAt(rows, 0)?.state).toBe("sent");
    expect(isStale(rows)).toBe(false);
  });

  it("leave a list of one provider when they wait for another", () => {
    const ofBackup = { ...emptyRows("queue", { text: "", states: [], lane: "backup" }) };
    const waiting = entries.slice(0, 2).map((one) => ({ ...one, waitsFor: ["default", "backup"] }));
    const [stays, goes] = waiting;
    if (!stays || !goes) throw new Error("no rows");
    const rows = restart(ofBackup, new Map([[0, { entries: waiting, total: 2, seq: 10 }]]));
    const next = receiveEvents(rows, [changed(11, { ...stays, waitsFor: ["backup"] }, { ...goes, waitsFor: ["default"], lane: "backup" })]);
    expect([...next.left]).toEqual([goes.id]);
  });
});
