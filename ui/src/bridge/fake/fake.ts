/**
 * A bridge to an engine that is played in the browser: for development and for the page tests.
 *
 * `?fake=<scenario>` chooses the world, `&still` stops the traffic that otherwise flows by
 * itself. Tests move the world by `window.fakeEngine`. Never part of a production bundle.
 */
import { saveAsDownload, type Bridge, type Event, type Link } from "../bridge";
import { FakeEngine } from "./engine";
import { pick } from "./office";
import { scenarios, worldOf, type Scenario } from "./scenarios";

declare global {
  interface Window {
    fakeEngine?: FakeEngine & { setLink(link: Link): void; saved: { name: string; text: string }[]; opened: string[] };
  }
}

export function fakeBridge(name: string): Bridge {
  const scenario: Scenario = scenarios.find((each) => each === name) ?? "flowing";
  const still = new URLSearchParams(location.search).has("still");
  const events = new Set<(event: Event) => void>();
  const links = new Set<(link: Link) => void>();
  let link: Link = "connected";

  const engine = new FakeEngine(
    worldOf(scenario, Date.now()),
    (seq, fact) => {
      if (link === "connected") for (const listener of events) listener({ from: seq === 0 ? 1 : seq, seq, fact });
    },
    still ? 25 : 350,
  );
  const setLink = (next: Link) => {
    link = next;
    for (const listener of links) listener(next);
  };
  const handle = Object.assign(engine, { setLink, saved: [] as { name: string; text: string }[], opened: [] as string[] });
  window.fakeEngine = handle;
  if (scenario === "lost-link") setTimeout(() => setLink("lost"), still ? 150 : 3000);
  if (!still && ["flowing", "flood", "refused-devices"].includes(scenario)) letMailFlow(engine, scenario === "flood" ? 120 : 3500);

  return {
    async call(request) {
      if (link !== "connected") throw new Error("the engine is not there");
      return engine.answer(request);
    },
    onEvent(listener) {
      events.add(listener);
      return () => events.delete(listener);
    },
    onLink(listener) {
      links.add(listener);
      listener(link);
      return () => links.delete(listener);
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
