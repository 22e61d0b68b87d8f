import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CONTRACT, VERSION, type Answer, type Bridge, type Connection, type Event, type Link, type Request } from "../bridge/bridge";
import { worldOf } from "../bridge/fake/scenarios";
import { EngineStore, otherVersion } from "./store";

const world = worldOf("flowing", 0);

/** A bridge that answers when told to, and remembers what it was asked. */
function slowBridge() {
  const asked: string[] = [];
  const waiting: ((seq: number) => void)[] = [];
  let tell: (event: Event) => void = () => undefined;
  let link: (connection: Connection) => void = () => undefined;
  const bridge: Bridge = {
    call(request: Request): Promise<Answer> {
      asked.push(request.ask);
      if (request.ask === "applySettings") return Promise.resolve({ kind: "settings", settings: { ...world.snapshot.settings, settings: request.settings } });
      if (request.ask !== "snapshot") return Promise.resolve({ kind: "done" });
      return new Promise((resolve) => waiting.push((seq) => resolve({ kind: "snapshot", snapshot: { ...world.snapshot, seq } })));
    },
    onEvent(listener) {
      tell = listener;
      return () => undefined;
    },
    onLink(listener) {
      link = listener;
      return () => undefined;
    },
    onWish: () => () => undefined,
    saveFile: () => undefined,
    openExternal: () => Promise.resolve(true),
    keepSending: () => Promise.resolve({ kind: "cancelled" }),
    startService: () => Promise.resolve(true),
    openFirewall: () => Promise.resolve(true),
    letIn: () => Promise.resolve(true),
    restart: () => Promise.resolve(true),
    takeOver: () => Promise.resolve(true),
    readWindowsSmtp: () => Promise.resolve(true),
  };
  return {
    bridge,
    asked,
    tell: (seq: number, paused: boolean) => tell({ from: seq, seq, fact: { kind: "pausedChanged", paused } }),
    link: (state: Link) => link({ state, reason: null, why: null, service: "none" }),
    async answer(seq: number) {
      await vi.advanceTimersByTimeAsync(0);
      waiting.shift()?.(seq);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the store", () => {
  it("subscribes first, then asks, and loses nothing in between", async () => {
    const engine = slowBridge();
    const store = new EngineStore(engine.bridge);
    store.open();
    engine.link("connected");
    engine.tell(8, true);
    await vi.advanceTimersByTimeAsync(60);
    expect(store.current().snapshot).toBeNull();
    await engine.answer(7);
    expect(engine.asked).toEqual(["subscribe", "snapshot"]);
    expect(store.current()).toMatchObject({ seq: 8, snapshot: { paused: true } });
  });

  it("asks once more after a gap, and only once", async () => {
    const engine = slowBridge();
    const store = new EngineStore(engine.bridge);
    store.open();
    engine.link("connected");
    await engine.answer(7);
    engine.tell(10, true);
    engine.tell(11, false);
    await vi.advanceTimersByTimeAsync(60);
    await engine.answer(11);
    await vi.advanceTimersByTimeAsync(2000);
    expect(engine.asked.filter((ask) => ask === "snapshot")).toHaveLength(2);
    expect(store.current().seq).toBe(11);
  });

  it("subscribes anew when the link is back", async () => {
    const engine = slowBridge();
    const store = new EngineStore(engine.bridge);
    store.open();
    engine.link("connected");
    await engine.answer(7);
    engine.link("lost");
    engine.link("connected");
    await engine.answer(90);
    expect(engine.asked).toEqual(["subscribe", "snapshot", "subscribe", "snapshot"]);
    expect(store.current().seq).toBe(90);
    expect(otherVersion(store.current())).toBeNull();
  });

  it("has what was saved as soon as the answer is there, before any event", async () => {
    const engine = slowBridge();
    const store = new EngineStore(engine.bridge);
    store.open();
    engine.link("connected");
    await engine.answer(7);
    const { settings } = world.snapshot.settings;
    await store.ask({ ask: "applySettings", settings: { ...settings, rules: [...settings.rules].reverse() } });
    expect(store.current().snapshot?.settings.settings.rules).toEqual([...settings.rules].reverse());
    expect(store.current().seq).toBe(7);
  });

  it("knows which of window and engine is older", () => {
    const of = (version: string, contract = CONTRACT) => {
      const snapshot = { ...world.snapshot, seq: 0, engine: { ...world.snapshot.engine, version, contract } };
      return otherVersion({ ...new EngineStore(slowBridge().bridge).current(), snapshot });
    };
    expect(of(VERSION)).toBeNull();
    expect(of("99.10.0")).toEqual({ older: "window", contract: false });
    expect(of("0.0.9")).toEqual({ older: "engine", contract: false });
    expect(of(VERSION, CONTRACT + 1)).toEqual({ older: "window", contract: true });
    expect(of("99.0.0", CONTRACT - 1)).toEqual({ older: "engine", contract: true });
  });

  it("draws a burst of events once", async () => {
    const engine = slowBridge();
    const store = new EngineStore(engine.bridge);
    store.open();
    engine.link("connected");
    await engine.answer(0);
    const drawn = vi.fn();
    store.subscribe(drawn);
    for (let seq = 1; seq <= 500; seq++) engine.tell(seq, seq % 2 === 0);
    await vi.advanceTimersByTimeAsync(60);
    expect(drawn).toHaveBeenCalledTimes(1);
    expect(store.current().seq).toBe(500);
  });
});
