/**
 * A bridge to an engine that is played in the browser: for development and for the page tests.
 *
 * `?fake=<scenario>` chooses the world, `&still` stops the traffic that otherwise flows by
 * itself. Tests move the world by `window.fakeEngine`. Never part of a production bundle.
 */
import { saveAsDownload, type Bridge, type Connection, type Event, type LostReason, type MovingStep } from "../bridge";
import { FakeEngine } from "./engine";
import { pick } from "./office";
import { scenarios, worldOf, type Scenario } from "./scenarios";

declare global {
  interface Window {
    fakeEngine?: FakeEngine & { setLink(state: Connection["state"], reason?: LostReason): void; saved: { name: string; text: string }[]; opened: string[] };
  }
}

export function fakeBridge(name: string): Bridge {
  const scenario: Scenario = scenarios.find((each) => each === name) ?? "flowing";
  const still = new URLSearchParams(location.search).has("still");
  const events = new Set<(event: Event) => void>();
  const links = new Set<(connection: Connection) => void>();
  const embedded = scenario !== "as-service" && scenario !== "service-stopped";
  let connection: Connection = { state: "connected", reason: null, why: null, service: embedded ? "offered" : "installed" };

  const engine = new FakeEngine(
    worldOf(scenario, Date.now()),
    (seq, fact) => {
      if (connection.state === "connected") for (const listener of events) listener({ from: seq === 0 ? 1 : seq, seq, fact });
    },
    still ? 25 : 350,
  );
  const tell = (next: Connection) => {
    connection = next;
    for (const listener of links) listener(next);
  };
  const setLink = (state: Connection["state"], reason: LostReason = "gone") =>
    tell({ ...connection, state, reason: state === "lost" ? reason : null, why: state === "lost" ? "the engine closed it" : null });
  const handle = Object.assign(engine, { setLink, saved: [] as { name: string; text: string }[], opened: [] as string[] });
  window.fakeEngine = handle;
  if (scenario === "lost-link") setTimeout(() => setLink("lost"), still ? 150 : 3000);
  if (scenario === "service-stopped") setLink("lost", "serviceStopped");
  if (!still && ["flowing", "flood", "refused-devices"].includes(scenario)) letMailFlow(engine, scenario === "flood" ? 120 : 3500);

  return {
    async call(request) {
      if (connection.state !== "connected") throw new Error("the engine is not there");
      return engine.answer(request);
    },
    onEvent(listener) {
      events.add(listener);
      return () => events.delete(listener);
    },
    onLink(listener) {
      links.add(listener);
      listener(connection);
      return () => links.delete(listener);
    },
    async keepSending(on, onStep) {
      const { engine: now } = engine.world.snapshot;
      const steps: MovingStep[] = on ? ["stopping", "asking", "attaching", "handingOver"] : ["stopping", "asking"];
      for (const step of steps) {
        setLink("lost", "moving");
        onStep(step);
        await new Promise((resolve) => setTimeout(resolve, still ? 120 : 900));
      }
      engine.world.snapshot.engine = { ...now, embedded: !on };
      if (!on) engine.world.snapshot.settings.secrets = [];
      tell({ state: "connected", reason: null, why: null, service: on ? "installed" : "offered" });
      return { kind: "done", passwordMissing: !on };
    },
    startService() {
      setLink("connected");
      return Promise.resolve(true);
    },
    async takeOver(on) {
      // An administrator may what this engine may not.
      const { settings } = engine.world.snapshot.settings;
      await engine.answer(on ? { ask: "takeOver", settings } : { ask: "takeOverBack" });
      return true;
    },
    saveFile(fileName, type, pieces) {
      void new Blob(pieces).text().then((text) => handle.saved.push({ name: fileName, text }));
      if (!still) saveAsDownload(fileName, type, pieces);
    },
    openExternal(key) {
      handle.opened.push(key);
      return Promise.resolve(true);
    },
  };
}

/** Devices send, the provider takes it: a message every so often. */
function letMailFlow(engine: FakeEngine, every: number) {
  const { random } = engine.world;
  setInterval(() => {
    const entry = engine.accept();
    setTimeout(() => {
      if (engine.world.snapshot.paused) return;
      engine.setLane({ kind: "sending" });
      setTimeout(() => {
        engine.settle(entry.id, "sent");
        engine.setLane({ kind: "ready" });
      }, 300 + random() * 900);
    }, 400);
    if (random() < 0.1 && engine.world.snapshot.refused.length > 0) {
      const client = pick(random, engine.world.snapshot.refused);
      const again = { ...client, count: client.count + 1, lastAt: Date.now() };
      engine.world.snapshot.refused = [again, ...engine.world.snapshot.refused.filter((other) => other !== client)];
      engine.say({ kind: "clientRefused", client: again });
    }
  }, every);
}
