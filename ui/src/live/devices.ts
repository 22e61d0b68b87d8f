/**
 * The devices as the engine knows them: read when the page opens, and again while things happen.
 */
import { useCallback, useEffect, useRef, useState } from "react";

import type { DeviceView, Fact } from "../bridge/bridge";
import { useAsk, useEngineState, useEvents } from "./provider";

/** A busy relay has hundreds of facts a second; a list that people read is read anew this often at most. */
const PAUSE_MS = 1000;

export interface Devices {
  /** Null until they are known. */
  devices: DeviceView[] | null;
  failed: boolean;
  refresh(): void;
}

export function useDevices(): Devices {
  const ask = useAsk();
  const { link } = useEngineState();
  const [devices, setDevices] = useState<DeviceView[] | null>(null);
  const [failed, setFailed] = useState(false);

  const refresh = useCallback(() => {
    void ask({ ask: "devices" }).then((answer) => {
      setFailed(answer.kind !== "devices");
      if (answer.kind === "devices") setDevices(answer.devices);
    });
  }, [ask]);
  useEffect(() => {
    if (link === "connected") refresh();
  }, [link, refresh]);
  useReadAnew(concerns, refresh);
  return { devices, failed, refresh };
}

/** Reads again, soon, when something happens that concerns what was read. */
export function useReadAnew(concerns: (fact: Fact) => boolean, read: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEvents((events) => {
    if (!events.some((event) => concerns(event.fact))) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      read();
    }, PAUSE_MS);
  });
}

/** Whether a fact may have changed what is said of a device. */
export function concerns(fact: Fact): boolean {
  switch (fact.kind) {
    case "queueChanged":
    case "queueLeft":
    case "clientRefused":
    case "settingsChanged":
    case "lagged":
      return true;
    case "several":
      return fact.facts.some(concerns);
    case "recent":
    case "countersChanged":
    case "laneChanged":
    case "otherLanesChanged":
    case "pausedChanged":
    case "listenersChanged":
    case "noticesChanged":
    case "probed":
      return false;
  }
}

/** Whether a fact may have changed what is told of refusals. */
export function tellsRefusal(fact: Fact): boolean {
  return fact.kind === "clientRefused" || fact.kind === "lagged" || (fact.kind === "several" && fact.facts.some(tellsRefusal));
}
