/**
 * States and refusals in words.
 */
import type { EntryKind, LogLevel, Problem, RecipientState, RefusalKind, Refused, StoryKind } from "../bridge/generated/control";
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

export const queueStates: RecipientState[] = ["queued", "deferred", "held"];
export const allStates: RecipientState[] = ["queued", "deferred", "held", "sent", "bounced", "expired", "deleted"];

export const kindLabel: Record<EntryKind, string> = {
  mail: "",
  report: "notice by Outtray",
  test: "test message",
};

/** Why a device was refused. `who` is the device. */
export const refusalWords: Record<RefusalKind, { title: string; means: string }> = {
  notAllowed: { title: "was refused", means: "Its address is in none of your allowed networks." },
  encryptionNeeded: { title: "sent without encryption", means: "The rule for its network takes mail over TLS only. Switch on STARTTLS or SSL/TLS on the device." },
  signInNeeded: { title: "did not sign in", means: "The rule for its network wants a device account. Enter user name and password on the device." },
  signInFailed: { title: "could not sign in", means: "The user name or the password it sent is wrong." },
  senderNotAllowed: { title: "used a sender that is not allowed", means: "Its rule, its account or your lists do not allow mail from this sender." },
  recipientNotAllowed: { title: "sent to a recipient that is not allowed", means: "Its rule or your lists do not allow mail to this recipient." },
  tooMuch: { title: "sent too much", means: "It is over the limit of its rule. It may send again later." },
  attachment: { title: "sent an attachment that is not allowed", means: "Attachments of this kind are refused by the settings." },
  headerRule: { title: "sent mail that a header rule refuses", means: "The rule is named in what it heard." },
  tlsFailed: { title: "could not agree on encryption", means: "It offered only old encryption (before TLS 1.2), or did not trust the certificate." },
  tooLarge: { title: "sent a message that is too large", means: "The message is above the size limit in the settings." },
  tooManyRecipients: { title: "sent to too many recipients at once", means: "The message names more recipients than the limit in the settings." },
  tooManyConnections: { title: "opened too many connections", means: "It is over the limit of connections in the settings." },
  loop: { title: "sent a message that goes round in a circle", means: "The message has already passed through Outtray." },
  diskFull: { title: "was told to come back later", means: "There was not enough free disk space to keep its mail." },
  other: { title: "was refused", means: "The words it heard say why." },
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
      return { title: `Handed over to ${provider}`, tone: "good" };
    case "deferred":
      return { title: "Not handed over, will retry", tone: "warn" };
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
