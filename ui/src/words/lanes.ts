/**
 * Each provider's state in words, where there are several.
 */
import type { LaneView, RouteSettings, Snapshot } from "../bridge/generated/control";
import { clockTime, count, many } from "./format";
import { meaningForMail, sayLane, type Remedy } from "./problems";
import type { Tone } from "./states";

/** What routes call the usual provider. */
export const USUAL = "default";

export interface LaneWords {
  label: string;
  tone: Tone;
  /** What it means for its mail. */
  means: string;
}

/** `provider` is the provider's name as people know it. */
export function sayLaneState(lane: LaneView, provider: string): LaneWords {
  if (lane.paused) return { label: "paused", tone: "warn", means: lane.waiting === 0 ? "Nothing is handed over to it; its mail would wait." : `${many(lane.waiting, "message waits", "messages wait")} for it, and go no other way.` };
  switch (lane.state.kind) {
    case "notSetUp":
      return { label: "not set up", tone: "quiet", means: "" };
    case "ready":
    case "sending": {
      const waits = lane.pace.waitsUntil;
      if (waits !== null) return { label: "at its pace", tone: "good", means: `${many(lane.waiting, "message waits", "messages wait")} until ${clockTime(waits)}, so that no limit is exceeded.` };
      return { label: lane.state.kind === "ready" ? "well" : "sending", tone: "good", means: lane.waiting === 0 ? "" : `${many(lane.waiting, "message is", "messages are")} on the way.` };
    }
    case "throttled": {
      const words = sayLane(lane.state.problem, provider);
      const mail = lane.failedOver ? "Its mail goes through the next provider of its order." : lane.waiting === 0 ? "None of its mail is lost." : `${many(lane.waiting, "message waits", "messages wait")} for it, none is lost.`;
      return { label: "down", tone: lane.failedOver ? "warn" : "bad", means: `${words.title} ${mail} It is tried again at ${clockTime(lane.state.nextTry)}.` };
    }
  }
}

/** The button for one of several: what swaps port and encryption by itself knows the usual one only. */
export function laneRemedy({ name }: LaneView, remedy: Remedy | null): Remedy | null {
  return remedy === "swapEncryption" && name !== USUAL ? "openProvider" : remedy;
}

interface Stuck {
  lane: string;
  tone: "warn" | "bad";
  /** May end with a full stop. */
  text: string;
  detail: string;
  remedy: Remedy | "resume" | null;
  /** Its mail takes another way. */
  flows: boolean;
}

/**
 * The provider that keeps mail waiting, the worst first; null while all mail flows. Of one that is not the usual one nothing is
 * said while no mail waits for it. `usual` is the usual provider's name as people know it.
 */
export function sayStuck({ lane, otherLanes, counters }: Pick<Snapshot, "lane" | "otherLanes" | "counters">, usual: string): Stuck | null {
  const all = [lane, ...otherLanes];
  const nameOf = ({ name }: LaneView) => (name === USUAL ? usual : name);
  const waiting = all.filter(keepsWaiting);
  const worst = waiting.find(callsSomebody) ?? waiting[0];
  if (worst) {
    const rest = all.length === 1 ? "" : waiting.length === 1 ? " The rest is flowing." : ` Mail through ${waiting.filter((other) => other !== worst).map(nameOf).join(" and ")} is waiting too.`;
    const detail = `${meaningForMail(all.length === 1 ? counters.waiting : worst.waiting)}${rest}`;
    if (worst.paused || worst.state.kind !== "throttled") return { lane: worst.name, tone: "warn", text: `Delivery through ${nameOf(worst)} is paused`, detail, remedy: "resume", flows: false };
    const { problem } = worst.state;
    const words = sayLane(problem, worst.name === USUAL ? usual : "it");
    const text = worst.name === USUAL ? words.title : `Mail through ${worst.name} is waiting: ${words.title.charAt(0).toLowerCase()}${words.title.slice(1)}`;
    return { lane: worst.name, tone: callsSomebody(worst) ? "bad" : "warn", text, detail, remedy: laneRemedy(worst, words.remedy), flows: false };
  }
  const left = all.find(({ state, failedOver }) => state.kind === "throttled" && failedOver);
  if (!left) return null;
  const whose = left.name === USUAL ? "Mail" : `Mail for ${left.name}`;
  return { lane: left.name, tone: "warn", text: `${whose} is flowing through another provider`, detail: `${nameOf(left)} is down.`, remedy: "tryNow", flows: true };
}

function keepsWaiting({ name, state, paused, failedOver, waiting }: LaneView): boolean {
  return (paused || (state.kind === "throttled" && !failedOver)) && (name === USUAL || waiting > 0);
}

/** One that only asks for patience, or was paused by somebody, needs nobody. */
function callsSomebody({ state, paused }: LaneView): boolean {
  return state.kind === "throttled" && !paused && state.problem.code !== "throttled" && state.problem.code !== "temporaryTrouble";
}

/** Messages that recipients may have twice. */
export function saySentAgain(times: number): string {
  return times === 0 ? "" : `${many(times, "message was", "messages were")} sent again, because the provider’s answer to the first time was lost. Recipients may have ${times === 1 ? "it" : "them"} twice.`;
}

/** What of its limit a provider has had in the last 24 hours. */
export function sayUse({ pace }: LaneView): string {
  return pace.recipientsPerDay === null ? `${count(pace.recipientsToday)} in 24 h` : `${count(pace.recipientsToday)} of ${count(pace.recipientsPerDay)} in 24 h`;
}

/** Which mail a route is for. */
export function sayRoute({ senders, recipients, clients }: RouteSettings): string {
  const some = (values: readonly string[], said: string) => {
    const named = values.filter((value) => value !== "*").map((value) => (value === "<>" ? "Outtray’s own reports" : value));
    return named.length === 0 || named.length < values.length ? "" : `${said} ${named.slice(0, 3).join(", ")}${named.length > 3 ? ` and ${named.length - 3} more` : ""}`;
  };
  const parts = [some(senders, "from"), some(recipients, "to"), some(clients, "by")].filter((part) => part !== "");
  return parts.length === 0 ? "all mail" : `mail ${parts.join(", ")}`;
}
