/**
 * The real door: one command, `call`, and one event stream, `engine`.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { openUrl } from "@tauri-apps/plugin-opener";

import { LINKS, saveAsDownload, type Bridge, type Link } from "./bridge";
import type { Answer, Event } from "./generated/control";

const KNOCK_AGAIN_MS = 2000;

type Told = { kind: "event"; event: Event } | { kind: "link"; state: Link };

export function tauriBridge(): Bridge {
  const events = new Set<(event: Event) => void>();
  const links = new Set<(link: Link) => void>();
  let link: Link = "connecting";

  const setLink = (next: Link) => {
    if (next === link) return;
    link = next;
    for (const listener of links) listener(link);
  };

  const listening = listen<Told>("engine", ({ payload }) => {
    if (payload.kind === "link") setLink(payload.state);
    else for (const listener of events) listener(payload.event);
  });

  // The stream tells changes only: a window that opens late must ask whether the engine is there.
  const knock = async () => {
    try {
      await listening;
      await invoke<Answer>("call", { request: { ask: "subscribe" } });
      setLink("connected");
    } catch {
      setLink("lost");
      setTimeout(() => link === "lost" && void knock(), KNOCK_AGAIN_MS);
    }
  };
  void knock();

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
      listener(link);
      return () => links.delete(listener);
    },
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
