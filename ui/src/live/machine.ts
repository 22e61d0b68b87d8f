/**
 * What the machine under the engine says of itself: read when a page opens, when ports change, and when asked.
 */
import { useCallback, useEffect, useState } from "react";

import type { MachineView } from "../bridge/bridge";
import { useAsk, useEngineState } from "./provider";

export interface Machine {
  view: MachineView | null;
  /** A look is under way. */
  looking: boolean;
  /** The last look got no answer. */
  failed: boolean;
  look(): void;
}

export function useMachine(): Machine {
  const ask = useAsk();
  const { link, snapshot } = useEngineState();
  const listeners = snapshot?.listeners;
  const [held, setHeld] = useState<Omit<Machine, "look">>({ view: null, looking: true, failed: false });
  const read = useCallback(() => {
    void ask({ ask: "machine" }).then((answer) => {
      setHeld(({ view }) => (answer.kind === "machine" ? { view: answer.machine, looking: false, failed: false } : { view, looking: false, failed: true }));
    });
  }, [ask]);
  const look = useCallback(() => {
    setHeld((before) => ({ ...before, looking: true }));
    read();
  }, [read]);
  // Also when the link is back, since the engine may be another one then, and when a port was opened or closed.
  useEffect(() => {
    if (link === "connected") read();
  }, [read, link, listeners]);
  return { ...held, look };
}
