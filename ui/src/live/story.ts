/**
 * Follows one message: its story, read again whenever an event names it.
 */
import { useCallback, useEffect, useState } from "react";

import type { StoryView } from "../bridge/bridge";
import { useAsk, useEvents } from "./provider";

export function useStory(id: string): { story: StoryView | null; gone: boolean } {
  const ask = useAsk();
  const [held, setHeld] = useState<{ id: string; story: StoryView | null; gone: boolean }>({ id, story: null, gone: false });
  const read = useCallback(() => {
    void ask({ ask: "story", id }).then((answer) => {
      if (answer.kind === "story") setHeld({ id, story: answer.story, gone: false });
      else if (answer.kind === "refused" && answer.refused.why === "noSuchMessage") setHeld({ id, story: null, gone: true });
    });
  }, [ask, id]);
  useEffect(read, [read]);
  useEvents((events) => {
    const named = events.some(
      ({ fact }) => fact.kind === "lagged" || ((fact.kind === "queueChanged" || fact.kind === "queueLeft") && fact.entries.some((entry) => entry.id === id)),
    );
    if (named) read();
  });
  return held.id === id ? held : { story: null, gone: false };
}
