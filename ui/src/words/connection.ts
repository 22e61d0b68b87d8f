/**
 * Words for how window and engine are connected, and for the service.
 */
import type { Connection, LostReason, MovingStep } from "../bridge/bridge";
import type { Tone } from "./states";

export interface LostWords {
  title: string;
  /** What it means for the mail, and what to do. */
  text: string;
  tone: Tone;
  /** What a button does about it, when one can. */
  button: "startService" | "letIn" | null;
  /** Whether the system's own words are the reason a person needs. */
  tellsWhy: boolean;
}

const words = (tone: Tone, title: string, text: string, more: Partial<LostWords> = {}): LostWords => ({ title, text, tone, button: null, tellsWhy: false, ...more });

export function sayLost(reason: LostReason | null): LostWords {
  switch (reason) {
    case "restarting":
      return words("busy", "The engine is restarting.", "It is about to answer again; this window connects by itself.");
    case "busy":
      return words("warn", "The engine is busy.", "It runs, but has not answered for a while: a slow disk or a very long queue can do that. Mail is safe; this window goes on by itself.");
    case "serviceStopped":
      return words("bad", "The Outtray service is stopped.", "No mail is taken or handed over until it runs again. Starting it needs an administrator.", { button: "startService" });
    case "notAllowed":
      return words("warn", "This account may not look at the relay.", "It runs as a service, and mail goes on. Open this window as an administrator, or with the account that installed the service.", { button: "letIn" });
    case "moving":
      return words("busy", "The relay is moving.", "It stands still for a moment and then goes on where it will run from now on. Devices try again by themselves.");
    case "failed":
      return words("bad", "The relay could not start.", "No mail is taken or handed over. This window tries again by itself every few seconds; mail on the disk is safe.", { tellsWhy: true });
    case "gone":
    case null:
      return words("bad", "The engine does not answer.", "It is the part of Outtray that takes and hands over mail. This window connects by itself as soon as it is there. If it stays so, restart Outtray; mail on the disk is safe.");
  }
}

/** The engine's host's reason, as a sentence; empty when it is no use to a person. */
export function sayWhy({ reason, why }: Connection): string {
  if (why === null || why === "" || !sayLost(reason).tellsWhy) return "";
  return `${why.charAt(0).toUpperCase()}${why.slice(1).replace(/\.$/, "")}.`;
}

export const movingStepWords: Record<MovingStep, string> = {
  stopping: "Letting what is under way come to its end…",
  asking: "Waiting for an administrator’s yes. The system asks in a window of its own…",
  attaching: "Waiting for the service’s first answer…",
  handingOver: "Handing over the password…",
  takingBack: "It did not work: taking everything back…",
};
