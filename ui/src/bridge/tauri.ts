/**
 * The real door: `call` for everything the engine answers, five commands for what only the window's process can do, and
 * one event stream, `engine`.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { openUrl } from "@tauri-apps/plugin-opener";

import { LINKS, saveAsDownload, type Bridge, type Connection, type Moved, type MovingStep, type Wanted } from "./bridge";
import type { Answer, Event } from "./generated/control";

const LOOK_AGAIN_MS = 2000;

type Told = { kind: "event"; event: Event } | { kind: "link"; link: Connection } | { kind: "moving"; step: MovingStep } | { kind: "wish" };

export function tauriBridge(): Bridge {
  const events = new Set<(event: Event) => void>();
  const links = new Set<(connection: Connection) => void>();
  const steps = new Set<(step: MovingStep) => void>();
  const wishes = new Set<(wanted: Wanted) => void>();
  let connection: Connection = { state: "connecting", reason: null, why: null, service: "none" };

  const setLink = (next: Connection) => {
    connection = next;
    for (const listener of links) listener(connection);
  };

  // The wish itself is taken, not told: whoever comes first has it, and one from before is not lost.
  const takeWish = async () => {
    if (wishes.size === 0) return;
    const wanted = await invoke<Wanted | null>("take_wish");
    if (wanted) for (const listener of wishes) listener(wanted);
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
      case "wish":
        takeWish().catch(() => undefined);
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
    onWish(listener) {
      wishes.add(listener);
      // What cannot be taken is asked for once more in the tray.
      listening.then(takeWish).catch(() => undefined);
      return () => wishes.delete(listener);
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
    openFirewall: ({ ports, networks }) => invoke<boolean>("open_firewall", { ports, networks }),
    letIn: () => invoke<boolean>("let_in"),
    restart: () => invoke<boolean>("restart"),
    takeOver: (on) => invoke<boolean>("take_over", { on }),
    readWindowsSmtp: () => invoke<boolean>("read_windows_smtp"),
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
