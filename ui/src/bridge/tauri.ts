/**
 * The real door: `call` for everything the engine answers, four commands for what only the window's process can do, and
 * one event stream, `engine`.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { openUrl } from "@tauri-apps/plugin-opener";

import { LINKS, saveAsDownload, type Bridge, type Connection, type Moved, type MovingStep } from "./bridge";
import type { Answer, Event } from "./generated/control";

const LOOK_AGAIN_MS = 2000;

type Told = { kind: "event"; event: Event } | { kind: "link"; link: Connection } | { kind: "moving"; step: MovingStep };

export function tauriBridge(): Bridge {
  const events = new Set<(event: Event) => void>();
  const links = new Set<(connection: Connection) => void>();
  const steps = new Set<(step: MovingStep) => void>();
  let connection: Connection = { state: "connecting", reason: null, why: null, service: "none" };

  const setLink = (next: Connection) => {
    connection = next;
    for (const listener of links) listener(connection);
  };

  let told = false;
  const listening = listen<Told>("engine", ({ payload }) => {
    switch (payload.kind) {
      case "link":
        told = true;
        return setLink(payload.link);
      case "moving":
        for (const listener of steps) listener(payload.step);
        return;
      case "event":
        for (const listener of events) listener(payload.event);
    }
  });

  // The stream tells changes only: a window that opens late asks how things are, unless it has heard it meanwhile.
  const look = async () => {
    try {
      await listening;
      const now = await invoke<Connection>("link");
      if (!told) setLink(now);
    } catch {
      setTimeout(() => void look(), LOOK_AGAIN_MS);
    }
  };
  void look();

  return {
    async call(request) {
      await listening;
      return invoke<Answer>("call", { request });
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
      steps.add(onStep);
      try {
        return await invoke<Moved>("keep_sending", { on });
      } finally {
        steps.delete(onStep);
      }
    },
    startService: () => invoke<boolean>("start_service"),
    takeOver: (on) => invoke<boolean>("take_over", { on }),
    saveFile: saveAsDownload,
    async openExternal(key) {
      try {
        await openUrl(LINKS[key]);
        return true;
      } catch {
        return false;
      }
    },
  };
}
