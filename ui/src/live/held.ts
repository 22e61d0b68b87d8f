/**
 * The messages of a sender that are held as a burst, read from the queue.
 *
 * The queue is searched by words, which find more than is meant (10.0.0.6 also finds 10.0.0.63): each message is
 * looked at, so that nothing of others is ever released or deleted.
 */
import type { EntryView } from "../bridge/bridge";
import type { Ask } from "./provider";

const PAGE = 1000;
/** Enough to find one among what is held for other reasons. */
const FEW = 100;

/** The oldest first; null when the engine did not tell. */
export async function heldOf(ask: Ask, addresses: readonly string[]): Promise<EntryView[] | null> {
  const found: EntryView[] = [];
  for (const address of addresses) {
    for await (const page of pages(ask, address, PAGE)) {
      if (page === null) return null;
      found.push(...page);
    }
  }
  return found;
}

/** When the first of them was taken; null when there is none, or the engine did not tell. */
export async function heldSince(ask: Ask, addresses: readonly string[]): Promise<number | null> {
  let since: number | null = null;
  for (const address of addresses) {
    for await (const page of pages(ask, address, FEW)) {
      const first = page?.[0];
      if (!first) continue;
      since = Math.min(since ?? first.acceptedAt, first.acceptedAt);
      break;
    }
  }
  return since;
}

/** Page by page, without what is not meant; null when the engine does not tell. */
async function* pages(ask: Ask, address: string, limit: number): AsyncGenerator<EntryView[] | null> {
  for (let offset = 0, total = 1; offset < total; offset += limit) {
    const answer = await ask({ ask: "queue", filter: { text: `client:${address}`, states: ["held"], lane: null }, offset, limit });
    if (answer.kind !== "page") return yield null;
    total = answer.page.total;
    yield answer.page.entries.filter((entry) => entry.client === address && entry.held?.kind === "burst");
  }
}
