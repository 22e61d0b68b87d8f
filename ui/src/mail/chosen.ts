/**
 * What is selected in a long list: ids, or all that match up to a moment. Pure.
 */
import type { EntryFilter, EntryView, Selection } from "../bridge/bridge";

export interface Chosen {
  ids: ReadonlySet<string>;
  /** Everything that matches and was accepted until then; overrides `ids`. */
  allUntil: number | null;
  /** Where a range begins. */
  anchor: number | null;
}

export const nothing: Chosen = { ids: new Set(), allUntil: null, anchor: null };

export function only(id: string, at: number): Chosen {
  return { ids: new Set([id]), allUntil: null, anchor: at };
}

export function toggle(chosen: Chosen, id: string, at: number): Chosen {
  if (chosen.allUntil !== null) return only(id, at);
  const ids = new Set(chosen.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, allUntil: null, anchor: at };
}

/** A range from the anchor replaces what was selected, or joins it. */
export function range(chosen: Chosen, entries: readonly EntryView[], join: boolean): Chosen {
  const ids = new Set(join && chosen.allUntil === null ? chosen.ids : []);
  for (const entry of entries) ids.add(entry.id);
  return { ids, allUntil: null, anchor: chosen.anchor };
}

export function everything(now: number): Chosen {
  return { ids: new Set(), allUntil: now, anchor: null };
}

export function without(chosen: Chosen, gone: readonly string[]): Chosen {
  if (!gone.some((id) => chosen.ids.has(id))) return chosen;
  const ids = new Set(chosen.ids);
  for (const id of gone) ids.delete(id);
  return { ...chosen, ids };
}

export function isChosen(chosen: Chosen, entry: EntryView): boolean {
  return chosen.allUntil === null ? chosen.ids.has(entry.id) : entry.acceptedAt <= chosen.allUntil;
}

export function howMany(chosen: Chosen, total: number): number {
  return chosen.allUntil === null ? chosen.ids.size : total;
}

export function asSelection(chosen: Chosen, filter: EntryFilter): Selection {
  return chosen.allUntil === null ? { kind: "ids", ids: [...chosen.ids] } : { kind: "matching", filter, acceptedUntil: chosen.allUntil };
}
