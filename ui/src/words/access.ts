/**
 * Rules, accounts and devices in words.
 */
import type { AccessRule, BurstSettings, DecisionView, HeaderAction, Priority, RateLimits } from "../bridge/generated/control";
import { count, many, size } from "./format";

export const priorityLabel: Record<Priority, string> = {
  high: "First (alarms)",
  normal: "Normal",
  low: "Last (mail-outs)",
};

export const headerActionLabel: Record<HeaderAction["kind"], string> = {
  refuse: "Refuse the message",
  hold: "Keep it on hold",
  remove: "Take the field out",
  add: "Add a field",
};

/** The conditions of a rule as one line; empty when there are none. */
export function sayConditions(rule: AccessRule): string {
  if (rule.action === "refuse") return "nothing is taken from there";
  const said: string[] = [];
  if (rule.requireEncryption) said.push("only encrypted");
  if (rule.requireSignIn) said.push("only with a device account");
  if (rule.plainSignIn) said.push("passwords also without encryption");
  if (rule.senders.length > 0) said.push(`from ${some(rule.senders)}`);
  if (rule.recipients === "ownDomains") said.push("to the office’s own domains");
  if (rule.messageBytes !== null) said.push(`up to ${size(rule.messageBytes)}`);
  said.push(...sayRates(rule.rate));
  if (rule.archive !== null) said.push(`copy to ${rule.archive}`);
  if (rule.priority !== "normal") said.push(rule.priority === "high" ? "goes first" : "goes last");
  return said.join(" · ");
}

function sayRates(rate: RateLimits): string[] {
  const spans = [
    ["minute", rate.messagesPerMinute, rate.recipientsPerMinute],
    ["hour", rate.messagesPerHour, rate.recipientsPerHour],
    ["day", rate.messagesPerDay, rate.recipientsPerDay],
  ] as const;
  return spans.flatMap(([span, messages, recipients]) => [
    ...(messages === null ? [] : [`${many(messages, "message")} a ${span}`]),
    ...(recipients === null ? [] : [`${many(recipients, "recipient")} a ${span}`]),
  ]);
}

function some(list: readonly string[]): string {
  const [first = "", ...rest] = list;
  return rest.length === 0 ? first : `${first} and ${many(rest.length, "other")}`;
}

/** What a rule is called in a sentence. */
export function labelOf(rule: AccessRule | undefined): string {
  return rule === undefined ? "" : rule.name === "" ? rule.network || "the new rule" : rule.name;
}

/** As people count, and with its name: "Rule 2 (Office)". */
export function nameRule(rules: readonly AccessRule[], at: number): string {
  const rule = rules[at];
  return rule ? `Rule ${count(at + 1)} (${rule.name === "" ? rule.network : rule.name})` : "A rule";
}

/** What decided, for the test box. */
export function sayDecision(decision: DecisionView, rules: readonly AccessRule[]): string {
  switch (decision.by) {
    case "rule":
      return `${nameRule(rules, decision.rule ?? -1)} ${decision.permitted ? "allows it." : "does not allow it."}`;
    case "account":
      return decision.permitted ? "The device account allows it." : "The device account lets it in, and does not allow this.";
    case "lists":
      return "A list of senders or recipients does not allow it.";
    case "nothing":
      return "No rule fits this address, and it has not signed in.";
  }
}

/** Above how many recipients an hour the mail of a sender is held, given its busiest hour. */
export function heldAbove({ timesTheUsual, leastPerHour, mostPerHour }: BurstSettings, busiestHour: number): number {
  const most = Math.max(busiestHour * timesTheUsual, leastPerHour);
  return mostPerHour === 0 ? most : Math.min(most, mostPerHour);
}

const ACCOUNT = "account:";

/** Whose mail is held, as the engine names it: an address, or an account that many addresses may use. */
export function readWho(who: string): { address: string } | { account: string } {
  return who.startsWith(ACCOUNT) ? { account: who.slice(ACCOUNT.length) } : { address: who };
}
