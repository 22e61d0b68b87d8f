/**
 * A bridge to an engine that is played in the browser: for development and for the page tests.
 *
 * `?fake=<scenario>` chooses the world, `&still` stops the traffic that otherwise flows by
 * itself. Tests move the world by `window.fakeEngine`. Never part of a production bundle.
 */
import { saveAsDownload, type Bridge, type Connection, type Event, type LostReason, type Moved, type MovingStep, type Wanted } from "../bridge";
import { FakeEngine } from "./engine";
import { importOf } from "./iis";
import { pick } from "./office";
import { scenarios, worldOf, type Scenario } from "./scenarios";

/** What a test may do besides asking the engine. */
interface Handle {
  setLink(state: Connection["state"], reason?: LostReason, why?: string): void;
  /** As from the tray. */
  wish(wanted: Wanted): void;
  /** Plays the move into the service and back; a test puts its own in its place. */
  move: Bridge["keepSending"];
  /** Plays the start of the service. */
  startService: Bridge["startService"];
  openFirewall: Bridge["openFirewall"];
  /** Plays the restart of the engine. */
  restart: Bridge["restart"];
  saved: { name: string; text: string }[];
  opened: string[];
}

declare global {
  interface Window {
    fakeEngine?: FakeEngine & Handle;
  }
}

export function fakeBridge(name: string): Bridge {
  const scenario: Scenario = scenarios.find((each) => each === name) ?? "flowing";
  const still = new URLSearchParams(location.search).has("still");
  const events = new Set<(event: Event) => void>();
  const links = new Set<(connection: Connection) => void>();
  const wishes = new Set<(wanted: Wanted) => void>();
  const embedded = scenario !== "as-service" && scenario !== "service-stopped";
  let connection: Connection = { state: "connected", reason: null, why: null, service: embedded ? "offered" : "installed" };

  // A busy one hears and tells, only late.
  const isThere = () => connection.state === "connected" || connection.reason === "busy";

  const engine = new FakeEngine(
    worldOf(scenario, Date.now()),
    (seq, fact) => {
      if (isThere()) for (const listener of events) listener({ from: seq === 0 ? 1 : seq, seq, fact });
    },
    still ? 25 : 350,
  );
  const tell = (next: Connection) => {
    connection = next;
    for (const listener of links) listener(next);
  };
  const setLink: Handle["setLink"] = (state, reason = "gone", why = "the engine closed it") =>
    tell({ ...connection, state, reason: state === "lost" ? reason : null, why: state === "lost" ? why : null, canBeLetIn: reason === "notAllowed" });
  const move: Handle["move"] = async (on, onStep): Promise<Moved> => {
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
  };
  const wish = (wanted: Wanted) => wishes.forEach((listener) => listener(wanted));
  const startService = () => {
    setLink("connected");
    return Promise.resolve(true);
  };
  const openFirewall: Handle["openFirewall"] = () => {
    const { machine } = engine.world;
    machine.ports = machine.ports.map((port) => ({ ...port, letIn: port.state === "ours" ? true : port.letIn }));
    machine.firewall = { ...machine.firewall, command: null, opening: null };
    return Promise.resolve(true);
  };
  const restart = async () => {
    setLink("lost", "restarting");
    await new Promise((resolve) => setTimeout(resolve, still ? 120 : 1500));
    engine.world.snapshot.notices = engine.world.snapshot.notices.filter(({ code }) => code !== "engineFault" && code !== "databaseDamaged");
    setLink("connected");
    return true;
  };
  const own: Handle = { setLink, wish, move, startService, openFirewall, restart, saved: [], opened: [] };
  const handle = Object.assign(engine, own);
  window.fakeEngine = handle;
  if (scenario === "lost-link") setTimeout(() => setLink("lost"), still ? 150 : 3000);
  if (scenario === "service-stopped") setLink("lost", "serviceStopped");
  if (scenario === "starting") setLink("connecting");
  if (scenario === "failed") setLink("lost", "failed", "the database in C:\\ProgramData\\Outtray is of a newer Outtray (schema 4, this program knows 3)");
  if (!still && ["flowing", "flood", "refused-devices"].includes(scenario)) letMailFlow(engine, scenario === "flood" ? 120 : 3500);

  let administrators = 0;
  return {
    async call(request) {
      if (!isThere()) throw new Error("the engine is not there");
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
    onWish(listener) {
      wishes.add(listener);
      return () => wishes.delete(listener);
    },
    async takeOver(on) {
      // An administrator may what this engine may not.
      const { settings } = engine.world.snapshot.settings;
      await engine.answer(on ? { ask: "takeOver", settings } : { ask: "takeOverBack" });
      return true;
    },
    async readWindowsSmtp() {
      // The first time somebody says no.
      administrators += 1;
      if (administrators === 1) return false;
      const { source, servers } = importOf(engine.world.windowsSmtp, null);
      await engine.answer({ ask: "importRead", read: JSON.stringify({ source, servers }), keep: true });
      return true;
    },
    keepSending: (on, onStep) => handle.move(on, onStep),
    startService: () => handle.startService(),
    openFirewall: (opening) => handle.openFirewall(opening),
    letIn: () => handle.startService(),
    restart: () => handle.restart(),
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
