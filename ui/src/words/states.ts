/**
 * States of messages, and their stories, in words.
 */
import type { EntryKind, HeldWhy, LogLevel, Problem, RecipientState, Refused, StoryKind } from "../bridge/generated/control";
import { sayProblem } from "./problems";

export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

export interface StateWords {
  /** As on a label: "will retry". */
  label: string;
  /** A sentence of explanation. */
  means: string;
  tone: Tone;
}

export const stateWords: Record<RecipientState, StateWords> = {
  queued: { label: "waiting", means: "Waiting for its first try.", tone: "busy" },
  deferred: { label: "will retry", means: "Was tried and will be tried again by itself.", tone: "warn" },
  held: { label: "on hold", means: "Kept back until someone releases it.", tone: "quiet" },
  sent: { label: "handed over", means: "The mail provider has taken it.", tone: "good" },
  bounced: { label: "failed", means: "Refused for good. The sender was told.", tone: "bad" },
  expired: { label: "given up", means: "Could not be handed over in time. The sender was told.", tone: "bad" },
  deleted: { label: "deleted", means: "Removed from the queue by a person.", tone: "quiet" },
};

/** Why a message is on hold, as a sentence. */
export function sayHeld(held: HeldWhy): string {
  switch (held.kind) {
    case "person":
      return "Somebody put it on hold.";
    case "burst":
      return "Its device suddenly sent far more than usual.";
    case "headerRule":
      return held.name === "" ? "A header rule keeps it on hold." : `The header rule “${held.name}” keeps it on hold.`;
  }
}

export const queueStates: RecipientState[] = ["queued", "deferred", "held"];
export const allStates: RecipientState[] = ["queued", "deferred", "held", "sent", "bounced", "expired", "deleted"];

export const kindLabel: Record<EntryKind, string> = {
  mail: "",
  report: "notice by Outtray",
  test: "test message",
};

export function sayRefused(refused: Refused): string {
  switch (refused.why) {
    case "noSuchMessage":
      return "This message is not there any more.";
    case "contentGone":
      return "The content of this message is no longer kept: it has left the queue.";
    case "notUnderstood":
      return "The engine did not understand the request. It may be of another version.";
    case "badValue":
      return `${refused.field}: ${refused.said}.`;
    case "trouble":
      return sayTrouble(refused.problem);
    case "stopping":
      return "Outtray is shutting down.";
  }
}

/** A trouble while something was done that has nothing to do with the provider. */
function sayTrouble(problem: Problem): string {
  const said = problem.said ?? "";
  // These two say no more than the words that come with them.
  if (problem.code === "engineFault" || problem.code === "other") return said === "" ? "The engine could not do it." : sentence(said);
  const { title } = sayProblem(problem, "");
  return said === "" ? title : `${title} ${sentence(said)}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
}

/** Without an address it came in by no connection: out of a file, or from Outtray itself. */
function sayOrigin(client: string, clientName: string): string {
  if (client === "") return clientName === "" ? "Made by Outtray" : "Taken from the pickup folder";
  return `Accepted from ${clientName === "" ? client : clientName}`;
}

/** The headline of one step in a message's story. */
export function sayStep(what: StoryKind, provider: string): { title: string; tone: Tone } {
  switch (what.kind) {
    case "accepted":
      return { title: sayOrigin(what.client, what.clientName), tone: "busy" };
    case "sent":
      return { title: `Handed over to ${provider}${what.again ? " again" : ""}`, tone: "good" };
    case "deferred":
      return { title: what.problem.code === "answerLost" ? "Handed over without an answer, will retry" : "Not handed over, will retry", tone: "warn" };
    case "bounced":
      return { title: "Refused for good", tone: "bad" };
    case "expired":
      return { title: "Given up", tone: "bad" };
    case "delayNoticed":
      return { title: "Sender was told that it still waits", tone: "quiet" };
    case "reported":
      return { title: "Sender was told that it failed", tone: "quiet" };
    case "confirmed":
      return { title: "Sender was told that it was handed over", tone: "quiet" };
    case "held":
      return { title: "Put on hold", tone: "quiet" };
    case "released":
      return { title: "Released", tone: "quiet" };
    case "triedNow":
      return { title: "A try was asked for", tone: "quiet" };
    case "deleted":
      return { title: "Deleted from the queue", tone: "quiet" };
  }
}

export const logLevelLabel: Record<LogLevel, string> = {
  error: "Errors only",
  warn: "Errors and warnings",
  info: "Normal",
  debug: "Detailed (names addresses)",
  trace: "Everything (for a support case)",
};
