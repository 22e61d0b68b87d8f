import { describe, expect, it } from "vitest";

import { newEntry, seeded } from "../bridge/fake/office";
import type { EntryView, HeldWhy } from "../bridge/bridge";
import { heldOf, heldSince } from "./held";
import type { Ask } from "./provider";

const random = seeded(5);
const entry = (at: number, client: string, held: HeldWhy): EntryView => newEntry(random, at, "held", { client, held });

/** An engine with this queue, oldest first. */
const engine = (queue: EntryView[]): Ask => (request) => {
  if (request.ask !== "queue") throw new Error("it is asked for the queue only");
  const value = request.filter.text.replace("client:", "");
  const found = queue.filter((each) => each.client.includes(value));
  return Promise.resolve({ kind: "page", page: { entries: found.slice(request.offset, request.offset + request.limit), total: found.length, seq: 0 } });
};

const queue = [
  entry(1, "10.0.0.63", { kind: "burst" }),
  entry(2, "10.0.0.6", { kind: "person" }),
  entry(3, "10.0.0.6", { kind: "burst" }),
  entry(4, "10.0.0.6", { kind: "headerRule", name: "Drafts" }),
  entry(5, "10.0.0.6", { kind: "burst" }),
];

describe("what is held of a device as a burst", () => {
  it("is nothing of a device whose address only begins so, and nothing held for another reason", async () => {
    expect((await heldOf(engine(queue), ["10.0.0.6"]))?.map((each) => each.acceptedAt)).toEqual([3, 5]);
    expect((await heldOf(engine(queue), ["10.0.0.6", "10.0.0.63"]))?.length).toBe(3);
  });

  it("is all of it, however much there is", async () => {
    const many = Array.from({ length: 2500 }, (_, at) => entry(at, "10.0.0.7", { kind: "burst" }));
    expect((await heldOf(engine(many), ["10.0.0.7"]))?.length).toBe(2500);
  });

  it("is told since when", async () => {
    expect(await heldSince(engine(queue), ["10.0.0.6"])).toBe(3);
    expect(await heldSince(engine(queue), ["10.0.0.6", "10.0.0.63"])).toBe(1);
    const behind = [...Array.from({ length: 150 }, (_, at) => entry(at, "10.0.0.8", { kind: "person" })), entry(200, "10.0.0.8", { kind: "burst" })];
    expect(await heldSince(engine(behind), ["10.0.0.8"])).toBe(200);
    expect(await heldSince(engine([]), ["10.0.0.8"])).toBeNull();
  });

  it("is not known when the engine does not tell", async () => {
    const silent: Ask = () => Promise.resolve({ kind: "refused", refused: { why: "stopping" } });
    expect([await heldOf(silent, ["10.0.0.6"]), await heldSince(silent, ["10.0.0.6"])]).toEqual([null, null]);
  });
});
