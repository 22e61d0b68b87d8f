/**
 * Words for the machine under the engine: firewall, public address, clock.
 */
import type { ClockView, FirewallView, SeenView } from "../bridge/generated/control";
import { sayProblem } from "./problems";

export function sayFirewall({ state, name }: FirewallView): string {
  switch (state) {
    case "on":
      return `${name ?? "A firewall"} is on.`;
    case "off":
      return `${name ?? "The firewall"} is off: every device gets through.`;
    case "unknown":
      return "None that Outtray can read. If a device gets no connection, look there.";
  }
}

export function sayLetIn(letIn: boolean | null): string {
  if (letIn === null) return "; whether the firewall lets devices in depends on rules Outtray cannot judge";
  return letIn ? ", and the firewall lets devices in" : ", but the firewall lets nobody in";
}

export function saySeen(seen: SeenView, provider: string): string {
  switch (seen.kind) {
    case "at":
      return `${seen.address}, as the mail provider sees it`;
    case "notTold":
      return "This provider’s greeting does not say.";
    case "nobodyToAsk":
      return "No mail provider is set up yet.";
    case "trouble":
      return sayProblem(seen.problem, provider).title;
  }
}

/** Certificates and sign-ins bear some minutes. */
const BORNE = 120_000;

export function sayClock(clock: ClockView): { text: string; wrong: boolean } {
  switch (clock.kind) {
    case "behind": {
      const off = Math.abs(clock.millis);
      if (off < 1000) return { text: `Right, says ${clock.server}.`, wrong: false };
      const amount = off < 120_000 ? `${Math.round(off / 1000)} s` : `${Math.round(off / 60_000)} minutes`;
      const way = clock.millis > 0 ? "slow" : "fast";
      const advice = off > BORNE ? " Sign-ins and certificates fail with a wrong clock: set this machine’s time right." : "";
      return { text: `${amount} ${way}, says ${clock.server}.${advice}`, wrong: off > BORNE };
    }
    case "nobodyToAsk":
      return { text: "This machine names no time server to ask.", wrong: false };
    case "noAnswer":
      return { text: `${clock.server} gave no answer (${clock.said}).`, wrong: false };
  }
}
