/**
 * Rules, accounts and devices in words.
 */
import type { AccessRule, DecisionView, HeaderAction, Priority, RateLimits } from "../bridge/generated/control";
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

/** What decided, for the test box. */
export function sayDecision(decision: DecisionView, rules: readonly AccessRule[]): string {
  const rule = decision.rule === null ? undefined : rules[decision.rule];
  const named = rule ? `Rule ${count((decision.rule ?? 0) + 1)} (${rule.name === "" ? rule.network : rule.name})` : "";
  switch (decision.by) {
    case "rule":
      return decision.permitted ? `${named} allows it.` : `${named} does not allow it.`;
    case "account":
      return decision.permitted ? "The device account allows it." : "The device account does not allow this sender.";
    case "lists":
      return "A list of senders or recipients does not allow it.";
    case "nothing":
      return "No rule fits this address, and it has not signed in.";
  }
}
