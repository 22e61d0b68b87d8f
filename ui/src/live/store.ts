/**
 * Feeds the reducer from the bridge: subscribes first, then takes the snapshot; batches events.
 *
 * Promise: whatever happened between subscribing and the snapshot is not lost, and one drawing
 * of the window holds at most one batch of events.
 */
import { CONTRACT, VERSION, type Answer, type Bridge, type Event, type Request, type Stop } from "../bridge/bridge";
import { reduce, start, type EngineState, type Happening } from "./state";

/** Events are drawn together this often: well below what an eye sees, and gentle in a flood. */
const BATCH_MS = 50;
const ASK_AGAIN_MS = 1000;

export class EngineStore {
  private state: EngineState = start;
  private readonly listeners = new Set<() => void>();
  private readonly eventListeners = new Set<(events: Event[]) => void>();
  private batch: Event[] = [];
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  private askTimer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private stops: Stop[] = [];

  constructor(readonly bridge: Bridge) {}

  open(): Stop {
    this.stops = [
      this.bridge.onEvent((event) => this.collect(event)),
      this.bridge.onLink((connection) => this.happen({ kind: "link", connection })),
    ];
    return () => {
      for (const stop of this.stops) stop();
      clearTimeout(this.batchTimer);
      clearTimeout(this.askTimer);
      this.batchTimer = undefined;
    };
  }

  current = (): EngineState => this.state;

  subscribe = (listener: () => void): Stop => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For the lists: the same batches the reducer gets, after it has got them. */
  onEvents(listener: (events: Event[]) => void): Stop {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  /** Lines of a connection check come one by one, without waiting for a batch. */
  onEachEvent(listener: (event: Event) => void): Stop {
    return this.bridge.onEvent(listener);
  }

  /** Settings in an answer are drawn at once: a page that waited for their event would show the old ones in between. */
  async ask(request: Request): Promise<Answer> {
    const answer = await this.bridge.call(request);
    if (answer.kind === "settings") this.happen({ kind: "settings", settings: answer.settings });
    return answer;
  }

  /** Takes a new snapshot, for what events do not carry. */
  async refresh(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.happen({ kind: "asked" });
    try {
      await this.bridge.call({ ask: "subscribe" });
      const answer = await this.bridge.call({ ask: "snapshot" });
      this.asking = false;
      if (answer.kind === "snapshot") {
        this.happen({ kind: "snapshot", snapshot: answer.snapshot });
        return;
      }
    } catch {
      this.asking = false;
    }
    clearTimeout(this.askTimer);
    this.askTimer = setTimeout(() => {
      if (this.state.link !== "lost") void this.refresh();
    }, ASK_AGAIN_MS);
  }

  private collect(event: Event) {
    this.batch.push(event);
    this.batchTimer ??= setTimeout(() => {
      const events = this.batch;
      this.batch = [];
      this.batchTimer = undefined;
      this.happen({ kind: "events", events, now: Date.now() });
      for (const listener of this.eventListeners) listener(events);
    }, BATCH_MS);
  }

  private happen(happening: Happening) {
    const next = reduce(this.state, happening);
    if (next === this.state) return;
    this.state = next;
    for (const listener of this.listeners) listener();
    if (next.ask) void this.refresh();
  }
}

/** Whether the engine is of another version than this window, and which of the two is older. */
export function otherVersion(state: EngineState): { older: "engine" | "window"; contract: boolean } | null {
  if (!state.snapshot) return null;
  const { contract, version } = state.snapshot.engine;
  if (contract === CONTRACT && version === VERSION) return null;
  const engineIsOlder = contract === CONTRACT ? compare(version, VERSION) < 0 : contract < CONTRACT;
  return { older: engineIsOlder ? "engine" : "window", contract: contract !== CONTRACT };
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
