/**
 * Each provider's state in words, where there are several.
 */
import type { LaneView, RouteSettings } from "../bridge/generated/control";
import { clockTime, count, many } from "./format";
import { sayLane } from "./problems";
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
