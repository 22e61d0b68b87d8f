/**
 * To which part of the page a field belongs.
 */
import type { SettingsPart } from "../../window";

export { changedParts, sameSettings } from "../../forms/changes";

export function partOf(field: string): SettingsPart {
  if (field.startsWith("smartHost")) return "provider";
  if (field.startsWith("rules")) return "senders";
  if (field.startsWith("listeners") || field.startsWith("certificate") || field.startsWith("hostName") || field.startsWith("pickup")) return "listening";
  if (field.startsWith("limits")) return "limits";
  if (field.startsWith("delivery")) return "delivery";
  return "upkeep";
}
