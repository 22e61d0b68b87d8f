/**
 * Hands the engine's state and the way to ask it to every page.
 */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from "react";

import type { Answer, Bridge, Event, Request, Snapshot } from "../bridge/bridge";
import { HOUR, type EngineState } from "./state";
import { EngineStore } from "./store";

const StoreContext = createContext<EngineStore | null>(null);

export function LiveProvider({ bridge, children }: { bridge: Bridge; children: ReactNode }) {
  const store = useMemo(() => new EngineStore(bridge), [bridge]);
  useEffect(() => store.open(), [store]);
  useEffect(() => {
    // Counters of 24 hours sink without an event: a new hour is worth a new picture.
    let timer: ReturnType<typeof setTimeout>;
    const atNextHour = () => {
      timer = setTimeout(() => {
        void store.refresh();
        atNextHour();
      }, HOUR - (Date.now() % HOUR) + 500);
    };
    atNextHour();
    return () => clearTimeout(timer);
  }, [store]);
  return <StoreContext.Provider value={store}>{children}</StoreContext.Provider>;
}

export function useStore(): EngineStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error("outside of LiveProvider");
  return store;
}

export function useEngineState(): EngineState {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.current);
}

/** The snapshot with everything that happened since. Pages are drawn only once there is one. */
export function useSnapshot(): Snapshot {
  const { snapshot } = useEngineState();
  if (!snapshot) throw new Error("drawn before the first snapshot");
  return snapshot;
}

export type Ask = (request: Request) => Promise<Answer>;

/** Asks the engine; what cannot be reached or is refused comes back as an answer, never as an exception. */
export function useAsk(): Ask {
  const store = useStore();
  return useCallback(
    async (request: Request): Promise<Answer> => {
      const { link, connection } = store.current();
      // A busy engine still gets it, and answers late. Any other that is lost gets nothing.
      if (link === "lost" && connection.reason !== "busy") return unanswered("The engine does not answer at the moment, so nothing was done.");
      try {
        return await store.ask(request);
      } catch {
        return unanswered("The engine went away before it answered. Look whether it was done before you try again.");
      }
    },
    [store],
  );
}

function unanswered(said: string): Answer {
  return { kind: "refused", refused: { why: "trouble", problem: { code: "engineFault", said } } };
}

export function useEvents(listener: (events: Event[]) => void) {
  const store = useStore();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => store.onEvents((events) => latest.current(events)), [store]);
}

/** What is not the engine's: the tray, saving a file, opening one of our links, the service the engine may be. */
export function useDesktop(): Pick<Bridge, "onWish" | "saveFile" | "openExternal" | "keepSending" | "startService" | "restart" | "openFirewall" | "letIn" | "takeOver" | "readWindowsSmtp"> {
  return useStore().bridge;
}
