/**
 * The one sentence at the top of the window: how the mail is doing.
 *
 * What stops mail comes first, what only deserves a look comes last.
 */
import type { Connection, Counters, Snapshot } from "../bridge/bridge";
import { sayLost } from "./connection";
import { count, many, clockTime } from "./format";
import { sayStuck } from "./lanes";
import { sayListener } from "./listeners";
import { meaningForMail, sayProblem, type Remedy } from "./problems";
import type { Tone } from "./states";

export interface Sentence {
  tone: Tone;
  /** Ends without a full stop: it is a headline. */
  text: string;
  /** What it means for the mail. */
  detail: string;
  /** What the button beside it does. */
  remedy: Remedy | "resume" | null;
  /** The provider it is about, where it is about one: the button then is for it alone. */
  lane?: string;
}

const say = (tone: Tone, text: string, detail: string, remedy: Sentence["remedy"] = null): Sentence => ({ tone, text: headline(text), detail, remedy });

export function sayState(connection: Connection, snapshot: Snapshot | null, providerName: string): Sentence {
  if (connection.state === "lost") {
    const lost = sayLost(connection.reason);
    return say(lost.tone, lost.title, snapshot ? "What you see is from before." : "");
  }
  if (connection.state === "connecting" || !snapshot) return say("quiet", "Starting", snapshot ? "What you see is from before." : "");

  const { counters, lane, otherLanes, listeners, notices, paused } = snapshot;
  const stopping = notices.find((notice) => ["storeFailed", "databaseDamaged", "engineFault", "diskFull"].includes(notice.code));
  if (stopping) {
    const words = sayProblem(stopping, providerName);
    return say("bad", words.title, meaningForMail(counters.waiting), words.remedy);
  }
  if (lane.state.kind === "notSetUp") return say("quiet", "Not set up yet", counters.waiting > 0 ? meaningForMail(counters.waiting) : "", "setUp");
  const closed = listeners.filter((listener) => listener.problem);
  const [first] = closed;
  if (first && closed.length === listeners.length) {
    return say("bad", `Devices cannot connect: ${lowerFirst(sayListener(first).title)}`, meaningForMail(counters.waiting), "openListening");
  }
  if (paused) return say("warn", "Delivery is paused", `${meaningForMail(counters.waiting)} Devices can still send.`, "resume");
  const stuck = sayStuck(snapshot, providerName);
  if (stuck) {
    const detail = stuck.flows ? `${stuck.detail} ${onTheWay(counters)}`.trim() : stuck.detail;
    return { ...say(stuck.tone, stuck.text, detail, stuck.remedy), lane: stuck.lane };
  }
  if (first) return say("warn", sayListener(first).title, "Mail on the other ports is flowing.", "openListening");
  if (listeners.length === 0) return say("warn", "Devices cannot connect: no port is open", "Choose a port in the settings.", "openListening");
  if (lane.pace.waitsUntil !== null) {
    return say("good", "Mail is flowing as fast as the provider takes it", `${onTheWay(counters)} It goes on at ${clockTime(lane.pace.waitsUntil)}.`.trim());
  }
  // A provider that rests while no mail waits for it stops nothing, and is told on the overview.
  if (notices.length > 0 || otherLanes.some((other) => other.state.kind === "throttled")) return say("warn", "Mail is flowing, but something needs you", onTheWay(counters));
  if (counters.accepted === 0 && counters.waiting === 0 && lane.lastSuccessAt === null) return say("good", "Ready for the first message", "");
  return say("good", "Mail is flowing", onTheWay(counters));
}

/** What is held is not on its way. */
function onTheWay({ waiting, held }: Counters): string {
  const going = waiting - held;
  const onHold = held > 0 ? `${many(held, "message is", "messages are")} on hold` : "";
  if (going === 0) return onHold === "" ? "" : `${onHold}.`;
  const moving = `${many(going, "message is", "messages are")} on the way`;
  return onHold === "" ? `${moving}.` : `${moving}, ${count(held)} on hold.`;
}

function headline(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
