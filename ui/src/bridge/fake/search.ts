/**
 * The engine's search words, played over plain arrays.
 */
import type { EntryFilter, EntryView } from "../generated/control";

export function matches(filter: EntryFilter): (entry: EntryView) => boolean {
  const tests = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(wordTest);
  const isOfLane = (entry: EntryView) => filter.lane === null || (entry.unsettled > 0 ? entry.waitsFor.includes(filter.lane) : entry.lane === filter.lane);
  return (entry) => isOfLane(entry) && (filter.states.length === 0 || filter.states.includes(entry.state)) && tests.every((test) => test(entry));
}

function wordTest(word: string): (entry: EntryView) => boolean {
  const colon = word.indexOf(":");
  const value = word.slice(colon + 1);
  switch (colon < 0 ? "" : word.slice(0, colon)) {
    case "from":
      return (entry) => entry.sender.includes(value);
    case "to":
      return (entry) => entry.firstRecipient.includes(value);
    case "subject":
      return (entry) => entry.subject.toLowerCase().includes(value);
    case "client":
      return (entry) => entry.client.includes(value) || entry.clientName.toLowerCase().includes(value);
    case "before":
      return (entry) => entry.acceptedAt < Date.parse(`${value}T00:00:00`);
    case "after":
      return (entry) => entry.acceptedAt >= Date.parse(`${value}T00:00:00`);
    default:
      return (entry) =>
        [entry.sender, entry.firstRecipient, entry.subject, entry.client, entry.clientName, entry.problem?.said ?? ""].some((part) => part.toLowerCase().includes(word));
  }
}
