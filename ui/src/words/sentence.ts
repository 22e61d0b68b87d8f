/**
 * The one sentence at the top of the window: how the mail is doing.
 *
 * What stops mail comes first, what only deserves a look comes last.
 */
import type { Link, Snapshot } from "../bridge/bridge";
import { many } from "./format";
import { meaningForMail, sayProblem } from "./problems";
import type { Tone } from "./states";

export interface Sentence {
  tone: Tone;
  /** Ends without a full stop: it is a headline. */
  text: string;
  /** What it means for the mail. */
  detail: string;
}

export function sayState(link: Link, snapshot: Snapshot | null, providerName: string): Sentence {
  if (!snapshot) {
    return link === "lost"
      ? { tone: "bad", text: "Outtray’s engine is not running", detail: "Nothing is known about the mail." }
      : { tone: "quiet", text: "Connecting to the engine", detail: "" };
  }
  if (link === "lost") return { tone: "bad", text: "The engine does not answer", detail: "What you see is from before." };

  const { counters, lane, listeners, notices, paused } = snapshot;
  const stopping = notices.find((notice) => ["storeFailed", "databaseDamaged", "engineFault", "diskFull"].includes(notice.code));
  if (stopping) return { tone: "bad", text: headline(sayProblem(stopping, providerName).title), detail: meaningForMail(counters.waiting) };
  if (lane.state.kind === "notSetUp") {
    return { tone: "quiet", text: "Not set up yet", detail: counters.waiting > 0 ? meaningForMail(counters.waiting) : "" };
  }
  const deaf = listeners.length > 0 && listeners.every((listener) => listener.problem);
  const closed = listeners.find((listener) => listener.problem)?.problem;
  if (deaf && closed) {
    return { tone: "bad", text: `Devices cannot connect: ${lowerFirst(headline(sayProblem(closed, providerName).title))}`, detail: meaningForMail(counters.waiting) };
  }
  if (paused) return { tone: "warn", text: "Delivery is paused", detail: `${meaningForMail(counters.waiting)} Devices can still send.` };
  if (lane.state.kind === "throttled") {
    const { problem } = lane.state;
    const slow = problem.code === "throttled" || problem.code === "temporaryTrouble";
    return { tone: slow ? "warn" : "bad", text: headline(sayProblem(problem, providerName).title), detail: meaningForMail(counters.waiting) };
  }
  if (closed) return { tone: "warn", text: headline(sayProblem(closed, providerName).title), detail: "Mail on the other ports is flowing." };
  if (listeners.length === 0) return { tone: "warn", text: "Devices cannot connect: no port is open", detail: "Choose a port in the settings." };
  if (counters.held > 0 && counters.held === counters.waiting) {
    return { tone: "good", text: "Mail is flowing", detail: `${many(counters.held, "message is", "messages are")} on hold.` };
  }
  if (counters.accepted === 0 && lane.lastSuccessAt === null) {
    return { tone: "good", text: "Ready for the first message", detail: "" };
  }
  return { tone: "good", text: "Mail is flowing", detail: counters.waiting > 0 ? `${many(counters.waiting, "message is", "messages are")} on the way.` : "" };
}

function headline(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
