/**
 * Reads a whole message from the engine, piece by piece.
 */
import type { Ask } from "../live/provider";
import { sayRefused } from "../words";

/** The pieces, or in words why there are none. */
export async function readContent(ask: Ask, id: string): Promise<Uint8Array<ArrayBuffer>[] | string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (;;) {
    const answer = await ask({ ask: "content", id, offset });
    if (answer.kind === "refused") return sayRefused(answer.refused);
    if (answer.kind !== "content") return "The message could not be read.";
    const piece = Uint8Array.from(atob(answer.base64), (sign) => sign.charCodeAt(0));
    pieces.push(piece);
    offset += piece.length;
    if (offset >= answer.total || piece.length === 0) return pieces;
  }
}
