/**
 * What differs between two settings, in words; and to which part of the page a field belongs.
 */
import type { Settings } from "../../bridge/bridge";
import type { SettingsPart } from "../../window";

const names: [name: string, of: (settings: Settings) => unknown][] = [
  ["mail provider", (settings) => settings.smartHost],
  ["who may send", (settings) => settings.rules],
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

export function partOf(field: string): SettingsPart {
  if (field.startsWith("smartHost")) return "provider";
  if (field.startsWith("rules")) return "senders";
  if (field.startsWith("listeners") || field.startsWith("certificate") || field.startsWith("hostName") || field.startsWith("pickup")) return "listening";
  if (field.startsWith("limits")) return "limits";
  if (field.startsWith("delivery")) return "delivery";
  return "upkeep";
}
