/**
 * What rules say of an address, and where a new one has to stand: the first rule that fits an address decides.
 *
 * Only for offering what will work. The engine's host decides what is valid.
 */
import type { AccessRule } from "./generated/control";
import { allowing } from "./make";
import { holds, sameNetwork } from "./network";

/** The place of the rule that decides about this address; -1 when none does. */
export function ruleFor(rules: readonly AccessRule[], address: string): number {
  return rules.findIndex((rule) => holds(rule.network, address));
}

/** Whether a device with this address may send by now, whatever it was told before. */
export function isAllowed(rules: readonly AccessRule[], address: string): boolean {
  return rules[ruleFor(rules, address)]?.action === "allow";
}

/**
 * The rules with one more, by which this network may send, the device that asked for it among them; null when that
 * cannot be done by one rule. It stands in front of what refuses the device, and takes the place of a refusal of
 * exactly this network. Rules behind it must be left something to decide.
 */
export function rulesAllowing(rules: readonly AccessRule[], address: string, fresh: AccessRule): AccessRule[] | null {
  return withRule(rules, address, fresh, "allow");
}

/** Likewise, by which nothing is taken from this address. */
export function rulesRefusing(rules: readonly AccessRule[], address: string, name: string): AccessRule[] | null {
  return withRule(rules, address, { ...allowing(address, name), action: "refuse" }, "refuse");
}

function withRule(rules: readonly AccessRule[], address: string, fresh: AccessRule, wanted: AccessRule["action"]): AccessRule[] | null {
  const at = ruleFor(rules, address);
  const deciding = rules[at];
  if (!deciding) return [...rules, fresh];
  if (deciding.action === wanted) return null;
  if (sameNetwork(deciding.network, fresh.network)) return rules.with(at, { ...fresh, name: fresh.name === "" ? deciding.name : fresh.name });
  const hidesOne = rules.slice(at).some((rule) => holds(fresh.network, rule.network));
  return hidesOne ? null : rules.toSpliced(at, 0, fresh);
}
