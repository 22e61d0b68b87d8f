/**
 * The setup as a step machine: pure.
 *
 * In: the draft and a move. Out: the next draft. `hindrance` says why a step cannot be left yet.
 * The password is no part of it: it goes to the engine's host and into no draft.
 */
import { allowing } from "../../bridge/make";
import type { AccessRule, CertificateSettings, ListenerSettings, MachineView, Settings, SmartHostSettings } from "../../bridge/bridge";
import { preset } from "../../forms/providers";
import { hasIpv6, usualListeners } from "../../forms/usualPorts";
import { wantsSecret } from "../../words";

export const steps = ["welcome", "provider", "signIn", "senders", "listening", "test", "summary"] as const;
export type Step = (typeof steps)[number];

export const stepTitle: Record<Step, string> = {
  welcome: "Welcome",
  provider: "Mail provider",
  signIn: "Sign-in",
  senders: "Who may send",
  listening: "Listening",
  test: "Test",
  summary: "Ready",
};

export interface Draft {
  version: 1;
  step: Step;
  /** How far the rail may be walked. */
  furthest: Step;
  settings: Settings;
  /** The connection was checked, or the person said it is right. */
  check: "none" | "passed" | "skipped";
  /** The host has saved what is in `settings`. */
  saved: boolean;
  /** Networks and ports were filled in from the machine once. */
  filled: { senders: boolean; listening: boolean };
  sender: string;
  recipient: string;
  testId: string | null;
  /** The settings came from the Windows SMTP service: whether it is stopped when they are saved, or stands in the way. */
  imported: { name: string; takeOver: boolean; inTheWay: boolean } | null;
}

export type Move =
  | { kind: "next" }
  | { kind: "back" }
  | { kind: "goTo"; step: Step }
  | { kind: "choose"; provider: string }
  | { kind: "host"; host: SmartHostSettings }
  | { kind: "secretTyped" }
  | { kind: "check"; check: Draft["check"] }
  | { kind: "skipCheck" }
  | { kind: "rules"; rules: AccessRule[] }
  | { kind: "listeners"; listeners: ListenerSettings[] }
  | { kind: "certificate"; certificate: CertificateSettings }
  | { kind: "machine"; machine: MachineView }
  | { kind: "imported"; settings: Settings; imported: NonNullable<Draft["imported"]> }
  | { kind: "saved" }
  | { kind: "sender"; sender: string }
  | { kind: "recipient"; recipient: string }
  | { kind: "testSent"; id: string | null };

export function begin(settings: Settings): Draft {
  return {
    version: 1,
    step: "welcome",
    furthest: "welcome",
    settings,
    check: "none",
    saved: false,
    filled: { senders: settings.rules.length > 0, listening: settings.listeners.length > 0 },
    sender: "",
    recipient: "",
    testId: null,
    imported: null,
  };
}

export function move(draft: Draft, made: Move): Draft {
  const { settings } = draft;
  const changed = (part: Partial<Settings>): Draft => ({ ...draft, settings: { ...settings, ...part }, saved: false });
  switch (made.kind) {
    case "next":
      return arrive(draft, steps[Math.min(steps.indexOf(draft.step) + 1, steps.length - 1)] ?? draft.step);
    case "back":
      return { ...draft, step: steps[Math.max(steps.indexOf(draft.step) - 1, 0)] ?? draft.step };
    case "goTo":
      return reachable(draft, made.step) ? { ...draft, step: made.step } : draft;
    case "choose":
      return settings.smartHost?.provider === made.provider ? draft : { ...changed({ smartHost: preset(made.provider) }), check: "none" };
    case "host":
      return { ...changed({ smartHost: made.host }), check: sameServer(settings.smartHost, made.host) ? draft.check : "none" };
    case "secretTyped":
      return { ...draft, check: "none" };
    case "check":
      return { ...draft, check: made.check };
    case "skipCheck":
      return arrive({ ...draft, check: "skipped" }, "senders");
    case "rules":
      return changed({ rules: made.rules });
    case "listeners":
      return changed({ listeners: made.listeners });
    case "certificate":
      return changed({ certificate: made.certificate });
    case "machine":
      return fillIn(draft, made.machine);
    case "imported":
      // What was imported is not filled in a second time; who may send may still be empty, and then is proposed.
      return arrive(
        { ...changed(made.settings), imported: made.imported, check: "none", filled: { senders: made.settings.rules.length > 0, listening: true } },
        "provider",
      );
    case "saved":
      return { ...draft, saved: true };
    case "sender":
      return { ...draft, sender: made.sender };
    case "recipient":
      return { ...draft, recipient: made.recipient };
    case "testSent":
      return { ...draft, testId: made.id };
  }
}

/** Why the step cannot be left, in words; null when it can. */
export function hindrance(draft: Draft, secretIsThere: boolean): string | null {
  const { smartHost, rules, listeners } = draft.settings;
  switch (draft.step) {
    case "welcome":
    case "test":
    case "summary":
      return null;
    case "provider":
      if (!smartHost) return "Choose a provider.";
      return smartHost.server === "" ? "Type the server’s name." : null;
    case "signIn":
      if (!smartHost) return "Choose a provider first.";
      if (smartHost.signIn.kind === "password" && smartHost.signIn.user === "") return "Type the user name.";
      if (smartHost.signIn.kind === "password" && !secretIsThere) return "Type the password.";
      if (smartHost.signIn.kind === "oauth" && (smartHost.signIn.user === "" || smartHost.signIn.clientId === "")) return "Fill in mailbox and application.";
      if (wantsSecret(smartHost.signIn) && !secretIsThere) return "Enter the application’s secret.";
      return draft.check === "none" ? "Check the connection first." : null;
    case "senders":
      return rules.length === 0 ? "Tick a network, or add one." : null;
    case "listening":
      if (listeners.length === 0) return "Choose at least one port.";
      return wantsSecret(smartHost?.signIn) && !secretIsThere ? "Go back to the sign-in and type the password again: it is kept in no draft." : null;
  }
}

export function reachable(draft: Draft, step: Step): boolean {
  return steps.indexOf(step) <= steps.indexOf(draft.furthest);
}

function arrive(draft: Draft, step: Step): Draft {
  const further = steps.indexOf(step) > steps.indexOf(draft.furthest);
  return { ...draft, step, furthest: further ? step : draft.furthest };
}

function sameServer(a: SmartHostSettings | null, b: SmartHostSettings): boolean {
  return a !== null && a.server === b.server && a.port === b.port && a.encryption === b.encryption && JSON.stringify(a.signIn) === JSON.stringify(b.signIn);
}

/** Nothing asks for what can be found out: own private networks are ticked, free ports chosen. */
function fillIn(draft: Draft, machine: MachineView): Draft {
  const { settings, filled } = draft;
  const usable = (port: number) => machine.ports.some((each) => each.port === port && (each.state === "free" || each.state === "ours"));
  const ports = [usable(25) ? 25 : 2525, 587].filter(usable);
  return {
    ...draft,
    filled: { senders: true, listening: true },
    settings: {
      ...settings,
      rules: filled.senders
        ? settings.rules
        : machine.networks.filter((network) => network.private).map((network) => allowing(network.network, network.card)),
      listeners: filled.listening ? settings.listeners : ports.flatMap((port) => usualListeners(port, hasIpv6(machine))),
    },
  };
}
