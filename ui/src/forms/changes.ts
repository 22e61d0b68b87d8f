/**
 * What differs between two settings, in words.
 */
import type { Settings } from "../bridge/bridge";

const names: [name: string, of: (settings: Settings) => unknown][] = [
  ["mail provider", (settings) => settings.smartHost],
  ["who may send", (settings) => settings.rules],
  ["device accounts", (settings) => settings.accounts],
  ["lists of addresses", (settings) => settings.lists],
  ["attachments", (settings) => settings.attachments],
  ["header rules", (settings) => settings.headers],
  ["sudden floods", (settings) => settings.bursts],
  ["ports", (settings) => settings.listeners],
  ["certificate", (settings) => settings.certificate],
  ["pickup folder", (settings) => settings.pickup],
  ["name of this relay", (settings) => settings.hostName],
  ["limits", (settings) => settings.limits],
  ["retries", (settings) => settings.delivery],
  ["history", (settings) => settings.history],
  ["log", (settings) => settings.logLevel],
];

export function changedParts(before: Settings, after: Settings): string[] {
  return names.filter(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(after))).map(([name]) => name);
}

export function sameSettings(a: Settings, b: Settings): boolean {
  return a === b || changedParts(a, b).length === 0;
}
