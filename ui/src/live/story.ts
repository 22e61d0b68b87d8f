/**
 * Follows one message: its story, read again whenever an event names it and when the link is back.
 */
import { useCallback, useEffect, useState } from "react";

import type { StoryView } from "../bridge/bridge";
import { useAsk, useEngineState, useEvents } from "./provider";

export interface FollowedStory {
  story: StoryView | null;
  /** There is no such message any more. */
  gone: boolean;
  /** The engine did not answer. */
  failed: boolean;
}

const unread: FollowedStory = { story: null, gone: false, failed: false };

export function useStory(id: string): FollowedStory {
  const ask = useAsk();
  const { link } = useEngineState();
  const [held, setHeld] = useState<FollowedStory & { id: string }>({ ...unread, id });
  const read = useCallback(() => {
    void ask({ ask: "story", id }).then((answer) => {
      if (answer.kind === "story") setHeld({ id, story: answer.story, gone: false, failed: false });
      else if (answer.kind === "refused" && answer.refused.why === "noSuchMessage") setHeld({ ...unread, id, gone: true });
      // What was read before stays: it is only not the newest.
      else setHeld((before) => ({ ...(before.id === id ? before : { ...unread, id }), failed: true }));
    });
  }, [ask, id]);
  useEffect(read, [read, link]);
  useEvents((events) => {
    const named = events.some(
      ({ fact }) => fact.kind === "lagged" || ((fact.kind === "queueChanged" || fact.kind === "queueLeft") && fact.entries.some((entry) => entry.id === id)),
    );
    if (named) read();
  });
  return held.id === id ? held : unread;
}
