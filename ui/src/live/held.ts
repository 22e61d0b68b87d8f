/**
 * The messages of a sender that are held as a burst, read from the queue.
 *
 * The queue is searched by words, which find more than is meant (10.0.0.6 also finds 10.0.0.63): each message is
 * looked at, so that nothing of others is ever released or deleted.
 */
import type { EntryView } from "../bridge/bridge";
import type { Ask } from "./provider";

const PAGE = 1000;

/** The oldest first; null when the engine did not tell. `most` is how many are wanted. */
export async function heldOf(ask: Ask, addresses: readonly string[], most = Infinity): Promise<EntryView[] | null> {
  const found: EntryView[] = [];
  for (const address of addresses) {
    for (let offset = 0, total = 1; offset < total && found.length < most; offset += PAGE) {
      const answer = await ask({ ask: "queue", filter: { text: `client:${address}`, states: ["held"] }, offset, limit: Math.min(PAGE, most + PAGE / 10) });
      if (answer.kind !== "page") return null;
      total = answer.page.total;
      found.push(...answer.page.entries.filter((entry) => entry.client === address && entry.held?.kind === "burst"));
    }
  }
  return found.slice(0, most);
}
