/**
 * The engine's state in this window: a pure reducer.
 *
 * In: the snapshot, events, the state of the link. Out: the next state, and in `ask` whether a
 * (new) snapshot is needed. Events that are not newer than the snapshot are dropped; a missing
 * number, `lagged` and a link that came back all mean: ask again.
 */
import type { Connection, Counters, EntryView, Event, Fact, HourView, Link, RecentView, RefusalKind, RefusedClient, SettingsView, Snapshot } from "../bridge/bridge";
import { isAllowed } from "../bridge/rules";
import { closedListeners } from "../words";

export interface EngineState {
  link: Link;
  /** The same with its reason. */
  connection: Connection;
  /** Null until the first snapshot; kept while the link is lost, so that the page stays readable. */
  snapshot: Snapshot | null;
  /** Number of the last event that is contained in `snapshot`. */
  seq: number;
  /** A snapshot is to be asked for. */
  ask: boolean;
  /** Events that came before the first snapshot, or while a new one is under way. */
  early: Event[];
}

const connecting: Connection = { state: "connecting", reason: null, why: null, service: "none" };

export const start: EngineState = { link: "connecting", connection: connecting, snapshot: null, seq: 0, ask: false, early: [] };

export type Happening =
  | { kind: "link"; connection: Connection }
  | { kind: "snapshot"; snapshot: Snapshot }
  | { kind: "events"; events: Event[]; now: number }
  /** What the engine answered about its settings: newer than what its events have told so far. */
  | { kind: "settings"; settings: SettingsView }
  | { kind: "asked" };

const RECENT_LINES = 20;
const REFUSED_CLIENTS = 50;
const EARLY_EVENTS = 2000;
export const HOUR = 3_600_000;

export function reduce(state: EngineState, happening: Happening): EngineState {
  switch (happening.kind) {
    case "link": {
      const link = happening.connection.state;
      return {
        ...state,
        link,
        connection: happening.connection,
        ask: state.ask || (link === "connected" && state.link !== "connected"),
        early: link === "connected" ? state.early : [],
      };
    }
    case "asked":
      return { ...state, ask: false };
    case "settings":
      return state.snapshot ? { ...state, snapshot: { ...state.snapshot, settings: happening.settings } } : state;
    case "snapshot":
      return receiveSnapshot(state, happening.snapshot);
    case "events":
      return happening.events.reduce((before, event) => receiveEvent(before, event, happening.now), state);
  }
}

function receiveSnapshot(state: EngineState, snapshot: Snapshot): EngineState {
  const fresh: EngineState = { ...state, snapshot, seq: snapshot.seq, ask: false, early: [] };
  return state.early.reduce((before, event) => receiveEvent(before, event, Date.now()), fresh);
}

/** The four rules stand in the contract: an event covers the numbers `from` to `seq`. */
function receiveEvent(state: EngineState, event: Event, now: number): EngineState {
  if (event.fact.kind === "lagged") return { ...state, ask: true, early: [] };
  const numbered = event.from <= event.seq;
  if (!state.snapshot) return { ...state, early: [...state.early, event].slice(-EARLY_EVENTS) };
  if (!numbered) return { ...state, snapshot: apply(state.snapshot, event.fact, now) };
  if (event.seq <= state.seq) return state;
  if (event.from > state.seq + 1) {
    return { ...state, ask: true, early: [...state.early, event].slice(-EARLY_EVENTS) };
  }
  return { ...state, seq: event.seq, snapshot: apply(state.snapshot, event.fact, now) };
}

function apply(snapshot: Snapshot, fact: Fact, now: number): Snapshot {
  switch (fact.kind) {
    case "countersChanged":
      return {
        ...snapshot,
        counters: fact.counters,
        hours: countIntoHours(snapshot.hours, snapshot.counters, fact.counters, now),
      };
    case "laneChanged":
      return { ...snapshot, lane: fact.lane };
    case "otherLanesChanged":
      return { ...snapshot, otherLanes: fact.lanes };
    case "pausedChanged":
      return { ...snapshot, paused: fact.paused };
    case "listenersChanged":
      return { ...snapshot, listeners: fact.listeners };
    case "clientRefused":
      return { ...snapshot, refused: putFirst(snapshot.refused, fact.client) };
    case "noticesChanged":
      return { ...snapshot, notices: fact.notices };
    case "settingsChanged":
      return { ...snapshot, settings: fact.settings, engine: fact.engine };
    case "recent":
      return { ...snapshot, recent: mergeRecent(fact.lines, snapshot.recent) };
    case "several":
      return fact.facts.reduce((before, each) => apply(before, each, now), snapshot);
    // Queue rows live in the paged lists, not here. But who sends is kept out no more: what
    // was handed over at once is told only by its leaving.
    case "queueChanged":
    case "queueLeft":
      return snapshot.refused.length === 0 ? snapshot : { ...snapshot, refused: snapshot.refused.filter((client) => !hasSentSince(client, fact.entries)) };
    case "probed":
    case "lagged":
      return snapshot;
  }
}

/** Refusals that keep a device out as a whole, and not only the one message (`RefusedWhy::keeps_out` in the engine). */
export const keepsOut: Record<RefusalKind, boolean> = {
  notAllowed: true,
  encryptionNeeded: true,
  signInNeeded: true,
  signInFailed: true,
  tlsFailed: true,
  tooManyConnections: true,
  diskFull: true,
  senderNotAllowed: false,
  recipientNotAllowed: false,
  tooMuch: false,
  attachment: false,
  headerRule: false,
  tooLarge: false,
  tooManyRecipients: false,
  loop: false,
  other: false,
};

function hasSentSince({ address, why, lastAt }: RefusedClient, entries: readonly EntryView[]): boolean {
  return keepsOut[why] && entries.some((entry) => entry.client === address && entry.acceptedAt >= lastAt);
}

function putFirst(clients: RefusedClient[], client: RefusedClient): RefusedClient[] {
  return [client, ...clients.filter((other) => other.address !== client.address)].slice(0, REFUSED_CLIENTS);
}

function mergeRecent(lines: RecentView[], before: RecentView[]): RecentView[] {
  const key = (line: RecentView) => `${line.message} ${line.recipient} ${line.state} ${line.at}`;
  const known = new Set(lines.map(key));
  return [...lines, ...before.filter((line) => !known.has(key(line)))].slice(0, RECENT_LINES);
}

/** Events carry no hours: what was counted since goes into the running hour. */
export function countIntoHours(hours: HourView[], before: Counters, after: Counters, now: number): HourView[] {
  const from = now - (now % HOUR);
  const last = hours.at(-1);
  const rolled = last && last.from >= from ? hours : [...hours.slice(hours.length >= 24 ? 1 : 0), { from, accepted: 0, sent: 0, failed: 0, refused: 0 }];
  const running = rolled.at(-1);
  if (!running) return hours;
  // The counters are of 24 hours and also sink, when an old hour leaves: only growth counts.
  const grown = (key: "accepted" | "sent" | "failed" | "refused") => running[key] + Math.max(0, after[key] - before[key]);
  const next = { from: running.from, accepted: grown("accepted"), sent: grown("sent"), failed: grown("failed"), refused: grown("refused") };
  return [...rolled.slice(0, -1), next];
}

/** Refused clients that would be refused again: a rule made since may have mended it. */
export function stillRefused({ refused, settings }: Pick<Snapshot, "refused" | "settings">): RefusedClient[] {
  return refused.filter((client) => client.why !== "notAllowed" || !isAllowed(settings.settings.rules, client.address));
}

/** How many devices need a person: held as a burst, or refused. */
export function devicesInNeed(snapshot: Snapshot): number {
  return snapshot.notices.filter((notice) => notice.code === "burstHeld").length + stillRefused(snapshot).length;
}

/** How many things need a person: what stands under "Needs you". */
export function needs(snapshot: Snapshot): number {
  const { lane, otherLanes, listeners, notices } = snapshot;
  const stuck = [lane, ...otherLanes].filter(({ state }) => state.kind === "throttled" || state.kind === "notSetUp").length;
  return stuck + closedListeners(listeners).length + notices.length + stillRefused(snapshot).length;
}

/** Whether the setup has been done: without a provider and a port nothing can flow. */
export function isSetUp(snapshot: Snapshot): boolean {
  return snapshot.settings.settings.smartHost !== null && snapshot.settings.settings.listeners.length > 0;
}
