/**
 * On which page, and on which part of it, each field of the settings stands.
 */
import type { Settings, SmartHostSettings } from "../bridge/bridge";
import type { AccessPart, SettingsPart } from "../window";
import type { SettingKey } from "./changes";

export type Place = { page: "settings"; part: SettingsPart } | { page: "access"; part: AccessPart };

export const settingsParts: readonly [part: SettingsPart, title: string][] = [
  ["provider", "Mail provider"],
  ["routes", "More providers"],
  ["listening", "Listening"],
  ["signing", "Outgoing mail"],
  ["limits", "Limits"],
  ["delivery", "Retries and reports"],
  ["upkeep", "History and log"],
  ["machine", "This machine"],
];

export const accessParts: readonly [part: AccessPart, title: string][] = [
  ["rules", "Rules"],
  ["accounts", "Device accounts"],
  ["lists", "Senders and recipients"],
  ["content", "Content"],
  ["bursts", "Unusual amounts"],
];

const places: Record<SettingKey, Place> = {
  smartHost: { page: "settings", part: "provider" },
  otherSmartHosts: { page: "settings", part: "routes" },
  routes: { page: "settings", part: "routes" },
  defaultRoute: { page: "settings", part: "routes" },
  listeners: { page: "settings", part: "listening" },
  certificate: { page: "settings", part: "listening" },
  pickup: { page: "settings", part: "listening" },
  hostName: { page: "settings", part: "listening" },
  footer: { page: "settings", part: "signing" },
  dkim: { page: "settings", part: "signing" },
  limits: { page: "settings", part: "limits" },
  delivery: { page: "settings", part: "delivery" },
  reports: { page: "settings", part: "delivery" },
  history: { page: "settings", part: "upkeep" },
  logLevel: { page: "settings", part: "upkeep" },
  rules: { page: "access", part: "rules" },
  accounts: { page: "access", part: "accounts" },
  lists: { page: "access", part: "lists" },
  attachments: { page: "access", part: "content" },
  headers: { page: "access", part: "content" },
  bursts: { page: "access", part: "bursts" },
};

/** The parts of the settings that a page changes. */
export function keysOf(page: Place["page"]): SettingKey[] {
  return (Object.keys(places) as SettingKey[]).filter((key) => places[key].page === page);
}

/** Where the field `rules[0].network` is; null for one that no page has. */
export function placeOf(field: string): Place | null {
  const key = /^\w+/.exec(field)?.[0] ?? "";
  return key in places ? places[key as SettingKey] : null;
}

export function isSame(a: Place | null, b: Place | null): boolean {
  return a !== null && b !== null && a.page === b.page && a.part === b.part;
}

/** Where a certificate's file is named: at the usual provider, at another one, else with the ports. */
export function settingsOfFile(settings: Settings | null, file = ""): Place {
  const names = (host: SmartHostSettings | null): boolean => {
    if (host === null || file === "") return false;
    const { signIn } = host;
    if (signIn.kind === "certificate") return signIn.certificateFile === file;
    return signIn.kind === "oauth" && signIn.grant.kind === "clientCredentials" && signIn.grant.certificateFile === file;
  };
  if (settings && names(settings.smartHost)) return { page: "settings", part: "provider" };
  if (settings?.otherSmartHosts.some(({ smartHost }) => names(smartHost))) return { page: "settings", part: "routes" };
  return { page: "settings", part: "listening" };
}

/** "Rules", or "Access, Rules" as seen from another page. */
export function sayPlace(place: Place, from: Place["page"]): string {
  const parts: readonly [part: string, title: string][] = place.page === "access" ? accessParts : settingsParts;
  const title = parts.find(([part]) => part === place.part)?.[1] ?? "";
  return place.page === from ? title : `${place.page === "access" ? "Access" : "Settings"}, ${title}`;
}
