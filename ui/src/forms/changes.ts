/**
 * What differs between two settings, in words.
 */
import type { Settings } from "../bridge/bridge";

/** A part of the settings. The form's version is not for people. */
export type SettingKey = Exclude<keyof Settings, "version">;

const names: Record<SettingKey, string> = {
  smartHost: "mail provider",
  otherSmartHosts: "more providers",
  routes: "routes",
  defaultRoute: "order of providers",
  rules: "rules",
  accounts: "device accounts",
  lists: "senders and recipients",
  attachments: "attachments",
  headers: "header rules",
  bursts: "unusual amounts",
  listeners: "ports",
  certificate: "certificate",
  pickup: "pickup folder",
  hostName: "name of this relay",
  limits: "limits",
  delivery: "retries",
  history: "history",
  logLevel: "log",
};

const all = Object.keys(names) as SettingKey[];

export function changedParts(before: Settings, after: Settings, keys: readonly SettingKey[] = all): string[] {
  return keys.filter((key) => differs(before, after, key)).map((key) => names[key]);
}

/** The first settings with these parts of the second. */
export function withParts(settings: Settings, from: Settings, keys: readonly SettingKey[]): Settings {
  return { ...settings, ...Object.fromEntries(keys.map((key) => [key, from[key]])) };
}

function differs(before: Settings, after: Settings, key: SettingKey): boolean {
  return before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key]);
}
