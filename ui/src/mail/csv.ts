/**
 * What is filtered, as a table for a spreadsheet.
 */
import type { EntryFilter, EntryView } from "../bridge/bridge";
import type { Ask } from "../live/provider";
import { sayProblem, stateWords } from "../words";
import { lanesOfEntry, type Lanes } from "./lanes";

const PIECE = 500;
const HEAD = ["accepted", "from", "to", "further recipients", "subject", "device", "address", "size", "state", "settled", "tries", "reason", "server's words", "number", "provider"];

/** Lines of a CSV file, piece by piece; null when the engine did not answer. */
export async function exportCsv(ask: Ask, filter: EntryFilter, lanes: Lanes, progress: (done: number, total: number) => boolean): Promise<string[] | null> {
  // A spreadsheet recognises UTF-8 by this mark.
  const pieces = [`\uFEFF${line(HEAD)}`];
  for (let offset = 0; ; offset += PIECE) {
    const answer = await ask({ ask: "history", filter, offset, limit: PIECE });
    if (answer.kind !== "page") return null;
    const { entries, total } = answer.page;
    pieces.push(entries.map((entry) => line(cells(entry, lanes))).join(""));
    if (!progress(Math.min(total, offset + entries.length), total)) return null;
    if (entries.length === 0 || offset + entries.length >= total) return pieces;
  }
}

export function cells(entry: EntryView, lanes: Lanes): string[] {
  return [
    new Date(entry.acceptedAt).toISOString(),
    entry.sender,
    entry.firstRecipient,
    String(entry.recipients - 1),
    entry.subject,
    entry.clientName,
    entry.client,
    String(entry.size),
    stateWords[entry.state].label,
    entry.settledAt === null ? "" : new Date(entry.settledAt).toISOString(),
    String(entry.attempts),
    entry.problem ? sayProblem(entry.problem, lanes.label(entry.lane)).title : "",
    entry.problem?.said ?? "",
    entry.id,
    lanesOfEntry(entry).map(lanes.label).join(" "),
  ];
}

function line(values: string[]): string {
  return `${values.map(cell).join(",")}\r\n`;
}

/** Quoted where needed; a text from a mail must not become a formula in the spreadsheet. */
export function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
