/**
 * The order of a list that people change: entries have no names of their own, so their rows are given some.
 */
import { useState, type KeyboardEvent } from "react";

/** A list with one of its entries at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, at) => at !== from);
  const entry = list[from];
  return entry === undefined ? [...list] : [...rest.slice(0, to), entry, ...rest.slice(to)];
}

interface RowKeys {
  keys: readonly number[];
  move(from: number, to: number): void;
  /** The key of the new last row. */
  add(): number;
  remove(at: number): void;
}

/** A key for each row that goes with its entry. A list that changed otherwise, from elsewhere, gets new ones. */
export function useRowKeys(length: number): RowKeys {
  const [held, setHeld] = useState(() => ({ keys: fresh(0, length), next: length }));
  if (held.keys.length !== length) setHeld({ keys: fresh(held.next, length), next: held.next + length });
  return {
    keys: held.keys,
    move: (from, to) => setHeld(({ keys, next }) => ({ keys: moved(keys, from, to), next })),
    add() {
      setHeld(({ keys, next }) => ({ keys: [...keys, next], next: next + 1 }));
      return held.next;
    },
    remove: (at) => setHeld(({ keys, next }) => ({ keys: keys.filter((_, other) => other !== at), next })),
  };
}

function fresh(from: number, length: number): number[] {
  return Array.from({ length }, (_, at) => from + at);
}

const steps: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };

/** Alt and an arrow key, anywhere in a row, move it by one place. */
export function orderKeys(at: number, onMove: (from: number, to: number, event: KeyboardEvent) => void) {
  return (event: KeyboardEvent) => {
    const step = event.altKey ? steps[event.key] : undefined;
    if (step === undefined) return;
    event.preventDefault();
    onMove(at, at + step, event);
  };
}
