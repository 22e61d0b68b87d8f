/**
 * Where there are several providers: what each is called in lists, and which of them a message has to do with.
 */
import { useMemo } from "react";

import type { EntryView, LaneView } from "../bridge/bridge";
import { providerName } from "../forms/providers";
import { useSnapshot } from "../live/provider";
import { USUAL } from "../words";

export interface Lanes {
  /** In the order of the settings; a single one is named nowhere. */
  several: readonly { name: string; label: string }[];
  /** As people know it: the name they typed, of the usual one the provider's. Null is the usual one. */
  label(name: string | null): string;
  /** The key of its card. */
  provider(name: string | null): string;
}

export function lanesOf(lane: LaneView, others: readonly LaneView[]): Lanes {
  const usual = providerName(lane.provider, lane.server);
  const label = (name: string | null) => (name === null || name === USUAL ? usual : name);
  return {
    several: others.length === 0 ? [] : [lane, ...others].map(({ name }) => ({ name, label: label(name) })),
    label,
    provider: (name) => (others.find((other) => other.name === name) ?? lane).provider,
  };
}

export function useLanes(): Lanes {
  const { lane, otherLanes } = useSnapshot();
  return useMemo(() => lanesOf(lane, otherLanes), [lane, otherLanes]);
}

/** What it waits for; once settled, what it last went through. */
export function lanesOfEntry({ waitsFor, lane }: EntryView): string[] {
  if (waitsFor.length > 0) return waitsFor;
  return lane === null ? [] : [lane];
}
