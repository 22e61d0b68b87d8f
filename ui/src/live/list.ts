/**
 * The hook behind queue and history: reads pages as they come into sight, lets events change
 * rows, and reads the list again by itself while nobody is busy in it.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { EntryFilter, EntryView, Page, Snapshot } from "../bridge/bridge";
import { useAsk, useEngineState, useEvents } from "./provider";
import { emptyRows, isStale, missingPages, PAGE, receiveEvents, receivePage, restart, rowAt, type ListKind, type Rows } from "./rows";

/** A row that left stays this long, so that an eye sees what became of it. */
const LINGER_MS = 900;
const SETTLE_MS = 60;

export interface LiveList {
  total: number | null;
  at(index: number): EntryView | undefined;
  hasLeft(id: string): boolean;
  /** New messages not shown yet. */
  fresh: number;
  /** True when the engine did not answer. */
  failed: boolean;
  show(first: number, last: number): void;
  /** While true, the list changes in place only. */
  setBusy(busy: boolean): void;
  refresh(): void;
  /** Reads a stretch of rows, for a selection that reaches beyond what is here. */
  stretch(first: number, last: number): Promise<EntryView[]>;
  rows: Rows;
}

/** Changes when mail that waits may wait for another provider. */
function waysOf({ lane, otherLanes, settings }: Snapshot): string {
  if (otherLanes.length === 0) return "";
  const { routes, defaultRoute } = settings.settings;
  return JSON.stringify([[lane, ...otherLanes].map(({ name, failedOver, paused }) => [name, failedOver, paused]), routes, defaultRoute]);
}

interface Held {
  key: string;
  rows: Rows;
  /** How often the list was read from the top: what is still new after that is worth another reading. */
  reads: number;
}

export function useLiveList(kind: ListKind, filter: EntryFilter): LiveList {
  const ask = useAsk();
  const { link, snapshot } = useEngineState();
  const ways = snapshot ? waysOf(snapshot) : "";
  const key = `${kind} ${filter.text} ${filter.states.join()} ${filter.lane ?? ""}`;
  const [held, setHeld] = useState<Held>(() => ({ key, rows: emptyRows(kind, filter), reads: 0 }));
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const rows = held.rows;
  const view = useRef({ first: 0, last: PAGE - 1 });
  const asked = useRef(new Set<number>());
  const round = useRef(0);

  const read = useCallback(
    async (page: number): Promise<Page | null> => {
      const answer = await ask({ ask: kind, filter, offset: page * PAGE, limit: PAGE });
      return answer.kind === "page" ? answer.page : null;
    },
    // `key` stands for kind and filter: a filter of the same content is the same filter.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [ask, key],
  );

  const restartNow = useCallback(async () => {
    const mine = ++round.current;
    const first = Math.floor(view.current.first / PAGE);
    const last = Math.floor(view.current.last / PAGE);
    const answers = new Map<number, Page>();
    for (let page = first; page <= last; page++) {
      const answer = await read(page);
      if (mine !== round.current) return;
      if (!answer) {
        setFailed(true);
        return;
      }
      answers.set(page, answer);
    }
    asked.current = new Set(answers.keys());
    setFailed(false);
    setHeld((before) => ({ key, reads: before.reads + 1, rows: restart(before.key === key ? before.rows : { ...emptyRows(kind, filter), heard: before.rows.heard }, answers) }));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [read, key]);

  // A new filter, and a link that came back, begin at the top of what is in sight.
  useEffect(() => {
    if (link !== "connected") return;
    void restartNow();
  }, [restartNow, link]);

  useEvents((events) => {
    if (events.some((event) => event.fact.kind === "lagged")) void restartNow();
    setHeld((before) => {
      const next = receiveEvents(before.rows, events);
      return next === before.rows ? before : { ...before, rows: next };
    });
  });

  const stale = isStale(rows);
  const lingering = rows.left.size > 0;
  useEffect(() => {
    if (busy || !stale) return;
    const timer = setTimeout(() => void restartNow(), lingering ? LINGER_MS : SETTLE_MS);
    return () => clearTimeout(timer);
  }, [busy, stale, lingering, restartNow, held.reads]);

  // When mail takes another way, no event tells of each message that waits.
  const seen = useRef(ways);
  useEffect(() => {
    if (busy || ways === seen.current) return;
    seen.current = ways;
    void restartNow();
  }, [busy, ways, restartNow]);

  const show = useCallback(
    (first: number, last: number) => {
      view.current = { first, last };
      if (held.key !== key || held.rows.total === null) return;
      for (const page of missingPages(held.rows, first, last)) {
        if (asked.current.has(page)) continue;
        asked.current.add(page);
        const mine = round.current;
        void read(page).then((answer) => {
          if (mine !== round.current) {
            asked.current.delete(page);
            return;
          }
          if (answer) setHeld((before) => (before.key === key ? { ...before, rows: receivePage(before.rows, page, answer) } : before));
          else asked.current.delete(page);
        });
      }
    },
    [held, key, read],
  );

  const stretch = useCallback(
    async (first: number, last: number) => {
      const entries: EntryView[] = [];
      for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++) {
        const here = rows.pages.get(page) ?? (await read(page))?.entries ?? [];
        here.forEach((entry, at) => {
          const index = page * PAGE + at;
          if (index >= first && index <= last) entries.push(entry);
        });
      }
      return entries;
    },
    [rows, read],
  );

  return useMemo(
    () => ({
      total: rows.total,
      at: (index: number) => rowAt(rows, index),
      hasLeft: (id: string) => rows.left.has(id),
      fresh: rows.fresh.size,
      failed,
      show,
      setBusy,
      refresh: () => void restartNow(),
      stretch,
      rows,
    }),
    [rows, failed, show, restartNow, stretch],
  );
}
