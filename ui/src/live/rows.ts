/**
 * A long list of messages of which only parts are here: pure.
 *
 * Pages come from the engine by offset; events change the rows that are here, by id. A row never
 * moves and never vanishes by an event: what left stays in its place, marked, and what is new is
 * counted, until the list is read again (`restart`). So nothing jumps under the pointer.
 */
import type { EntryFilter, EntryView, Event, Page } from "../bridge/bridge";

export const PAGE = 100;

export type ListKind = "queue" | "history";

export interface Rows {
  kind: ListKind;
  filter: EntryFilter;
  /** How many there are in all; null before the first page. */
  total: number | null;
  pages: ReadonlyMap<number, readonly EntryView[]>;
  /** Rows that no longer belong here. */
  left: ReadonlySet<string>;
  /** Messages that belong here and are not shown yet. */
  fresh: ReadonlySet<string>;
  /** What events said lately, for pages that were read before. */
  heard: readonly Heard[];
}

interface Heard {
  seq: number;
  entry: EntryView;
  gone: boolean;
}

const HEARD = 500;

export function emptyRows(kind: ListKind, filter: EntryFilter): Rows {
  return { kind, filter, total: null, pages: new Map(), left: new Set(), fresh: new Set(), heard: [] };
}

export function rowAt(rows: Rows, index: number): EntryView | undefined {
  return rows.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
}

export function indexOf(rows: Rows, id: string): number {
  for (const [page, entries] of rows.pages) {
    const at = entries.findIndex((entry) => entry.id === id);
    if (at >= 0) return page * PAGE + at;
  }
  return -1;
}

/** Pages needed to show `first`..`last` that are not here. */
export function missingPages(rows: Rows, first: number, last: number): number[] {
  const missing: number[] = [];
  for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, last) / PAGE); page++) {
    if (!rows.pages.has(page)) missing.push(page);
  }
  return missing;
}

export function isStale(rows: Rows): boolean {
  return rows.left.size > 0 || rows.fresh.size > 0;
}

/** A page read in passing: it joins the others. */
export function receivePage(rows: Rows, page: number, answer: Page): Rows {
  const pages = new Map(rows.pages);
  const patched = overlay(answer, rows);
  pages.set(page, patched.entries);
  return { ...rows, total: rows.total ?? answer.total, pages, left: new Set([...rows.left, ...patched.left]) };
}

/** The list read again: these pages are the whole truth, everything older goes. */
export function restart(rows: Rows, answers: ReadonlyMap<number, Page>): Rows {
  const pages = new Map<number, readonly EntryView[]>();
  const left = new Set<string>();
  let total = 0;
  let seq = 0;
  for (const [page, answer] of answers) {
    const patched = overlay(answer, rows);
    pages.set(page, patched.entries);
    for (const id of patched.left) left.add(id);
    total = answer.total;
    seq = Math.max(seq, answer.seq);
  }
  const shown = new Set([...pages.values()].flatMap((entries) => entries.map((entry) => entry.id)));
  // What came after the answer was made is still new.
  const fresh = new Set(
    rows.heard.filter((heard) => heard.seq > seq && rows.fresh.has(heard.entry.id) && !shown.has(heard.entry.id)).map((heard) => heard.entry.id),
  );
  return { ...rows, total, pages, left, fresh };
}

export function receiveEvents(rows: Rows, events: readonly Event[]): Rows {
  const heard: Heard[] = [];
  for (const { seq, fact } of events) {
    for (const each of fact.kind === "several" ? fact.facts : [fact]) {
      if (each.kind !== "queueChanged" && each.kind !== "queueLeft") continue;
      for (const entry of each.entries) heard.push({ seq, entry, gone: each.kind === "queueLeft" });
    }
  }
  if (heard.length === 0) return rows;

  const pages = new Map(rows.pages);
  const left = new Set(rows.left);
  const fresh = new Set(rows.fresh);
  const where = new Map<string, [number, number]>();
  for (const [page, entries] of pages) entries.forEach((entry, at) => where.set(entry.id, [page, at]));

  for (const { entry, gone } of heard) {
    const belongs = belongsTo(rows, entry, gone);
    const place = where.get(entry.id);
    if (place) {
      const [page, at] = place;
      pages.set(page, (pages.get(page) ?? []).with(at, entry));
      if (belongs) left.delete(entry.id);
      else left.add(entry.id);
    } else if (belongs && isNew(rows, entry)) {
      fresh.add(entry.id);
    } else {
      fresh.delete(entry.id);
    }
  }
  return { ...rows, pages, left, fresh, heard: [...rows.heard, ...heard].slice(-HEARD) };
}

/** Only the engine can search; a new message is counted as fitting unless its state says no. */
function belongsTo(rows: Rows, entry: EntryView, gone: boolean): boolean {
  if (rows.kind === "queue" && gone) return false;
  const { states, lane } = rows.filter;
  const isOfLane = lane === null || (entry.unsettled > 0 ? entry.waitsFor.includes(lane) : entry.lane === lane);
  return isOfLane && (states.length === 0 || states.includes(entry.state));
}

/** A message that is not among the rows here may simply stand on a page that was never read. */
function isNew(rows: Rows, entry: EntryView): boolean {
  if (rows.total === null) return false;
  if (rows.filter.states.length > 0 || rows.filter.text !== "" || rows.filter.lane !== null) return entry.attempts === 0 || rows.total < PAGE;
  return entry.attempts === 0 && entry.state === "queued";
}

function overlay(answer: Page, rows: Rows): { entries: EntryView[]; left: string[] } {
  const newest = new Map<string, Heard>();
  for (const heard of rows.heard) if (heard.seq > answer.seq) newest.set(heard.entry.id, heard);
  const left: string[] = [];
  const entries = answer.entries.map((entry) => {
    const heard = newest.get(entry.id);
    if (!heard) return entry;
    if (!belongsTo(rows, heard.entry, heard.gone)) left.push(entry.id);
    return heard.entry;
  });
  return { entries, left };
}
