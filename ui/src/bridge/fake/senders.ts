/**
 * What becomes of a sender, played: enough of it for the pages. The engine's own answer is in `relay/smarthost/rewrite`.
 */
import type { RewrittenView, SmartHostSettings } from "../generated/control";

export function rewritten({ rewriting, signIn }: SmartHostSettings, from: string): RewrittenView {
  const [, name = "", address = ""] = /^(?:(.*)\s)?<?([^<>\s]*)>?$/.exec(from.trim()) ?? [];
  const user = signIn.kind === "password" || signIn.kind === "oauth" ? signIn.user : "";
  const fits = (pattern: string) => pattern === "*" || pattern === address || address.endsWith(`@${pattern}`);
  const to = rewriting === null ? undefined : rewriting.senders.kind === "all" ? (rewriting.senders.address ?? user) : rewriting.senders.rows.find((row) => fits(row.from))?.to;
  if (rewriting === null || to === undefined || to === address) return { envelope: address, from, replyTo: null, originalFrom: null };
  const shown = { kept: name, address: `"${address}"`, nameAndAddress: name === "" ? `"${address}"` : `"${name} (${address})"` }[rewriting.displayName];
  return { envelope: to, from: shown === "" ? `<${to}>` : `${shown} <${to}>`, replyTo: rewriting.replyTo ? from : null, originalFrom: from };
}
