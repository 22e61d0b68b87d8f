/**
 * Words for how window and engine are connected, and for the service.
 */
import type { LostReason, MovingStep } from "../bridge/bridge";

export interface LostWords {
  title: string;
  text: string;
  /** What a button does about it, when one can. */
  button: "startService" | null;
}

/** What is shown below comes from before, when something is shown. */
export function sayLost(reason: LostReason | null): LostWords {
  switch (reason) {
    case "restarting":
      return { title: "The engine is restarting.", text: "It is about to answer again; this window connects by itself.", button: null };
    case "busy":
      return { title: "The engine is busy.", text: "It runs, but has not answered for a while: a slow disk or a very long queue can do that. Mail is safe; this window goes on by itself.", button: null };
    case "serviceStopped":
      return { title: "The Outtray service is stopped.", text: "No mail is taken or handed over until it runs again. Starting it needs an administrator.", button: "startService" };
    case "notAllowed":
      return {
        title: "This account may not look at the relay.",
        text: "It runs as a service, and mail goes on. Open this window as an administrator, or with the account that installed the service.",
        button: null,
      };
    case "moving":
      return { title: "Mail is being moved.", text: "The relay stands still for a moment and then goes on where it will run from now on.", button: null };
    case "failed":
      return { title: "The relay could not start.", text: "The reason stands below. This window tries again by itself; mail on the disk is safe.", button: null };
    case "gone":
    case null:
      return { title: "Connection to the engine lost.", text: "Outtray is connecting again by itself. If it stays so, restart Outtray; mail on the disk is safe.", button: null };
  }
}

export const movingStepWords: Record<MovingStep, string> = {
  stopping: "Letting what is under way come to its end…",
  asking: "Waiting for an administrator’s yes…",
  attaching: "Waiting for the service’s first answer…",
  handingOver: "Handing over the password…",
  takingBack: "It did not work: taking everything back…",
};
