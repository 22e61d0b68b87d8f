/**
 * Which buttons mend what a device was refused for, the best first.
 */
import type { AddressLists, RefusedClient, Settings } from "../bridge/bridge";
import { allowing } from "../bridge/make";
import { ruleFor, rulesAllowing } from "../bridge/rules";
import type { Route } from "../window";

export type Help = { kind: "allow"; network: string; label: string } | { kind: "go"; route: Route; label: string };

const limits: Help = { kind: "go", route: { page: "settings", part: "limits" }, label: "Change limits" };
const accounts: Help = { kind: "go", route: { page: "access", part: "accounts" }, label: "Device accounts" };
const content = (label: string): Help => ({ kind: "go", route: { page: "access", part: "content" }, label });
const listening: Help = { kind: "go", route: { page: "settings", part: "listening" }, label: "Change listening" };

export function helpFor(client: RefusedClient, settings: Settings, plainPort: boolean): Help[] {
  const { rules, lists } = settings;
  const at = ruleFor(rules, client.address);
  const rule = rules[at];
  const itsRule: Help[] = rule ? [{ kind: "go", route: { page: "access", part: "rules", rule: at }, label: "Change its rule" }] : [];
  switch (client.why) {
    case "notAllowed":
      return [...allowances(client, settings), ...itsRule];
    case "encryptionNeeded":
      return itsRule;
    case "signInNeeded":
      return [accounts, ...itsRule];
    case "signInFailed":
      return [accounts];
    case "senderNotAllowed": {
      const ofAccount: Help[] = settings.accounts.some((account) => account.senders.length > 0) ? [accounts] : [];
      return [...(rule && rule.senders.length > 0 ? itsRule : []), ...someLists(lists, "allowedSenders", "deniedSenders"), ...ofAccount];
    }
    case "recipientNotAllowed":
      return rule?.recipients === "ownDomains"
        ? [...itsRule, { kind: "go", route: { page: "access", part: "lists" }, label: "Own domains" }]
        : someLists(lists, "allowedRecipients", "deniedRecipients");
    case "tooMuch":
      return itsRule;
    case "attachment":
      return [content("Attachments")];
    case "headerRule":
      return [content("Header rules")];
    case "tlsFailed":
      return rule?.requireEncryption === true ? itsRule : plainPort ? [] : [listening];
    case "tooLarge":
      return rule && rule.messageBytes !== null && rule.messageBytes < settings.limits.messageBytes ? itsRule : [limits];
    case "tooManyRecipients":
    case "tooManyConnections":
      return [limits];
    case "loop":
    case "diskFull":
    case "other":
      return [];
  }
}

/** Only what will do: a rule that hides another one is not offered. */
function allowances({ address, network }: RefusedClient, { rules }: Settings): Help[] {
  const would = (allowed: string) => rulesAllowing(rules, address, allowing(allowed, "")) !== null;
  const device: Help[] = would(address) ? [{ kind: "allow", network: address, label: "Allow this device" }] : [];
  return network !== null && would(network) ? [...device, { kind: "allow", network, label: `Allow ${network}` }] : device;
}

function someLists(lists: AddressLists, ...keys: (keyof AddressLists)[]): Help[] {
  return keys.some((key) => lists[key].length > 0) ? [{ kind: "go", route: { page: "access", part: "lists" }, label: "Senders and recipients" }] : [];
}
