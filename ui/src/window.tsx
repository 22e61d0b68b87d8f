/**
 * What every page may do with the window: go somewhere, mend something, say something.
 */
import { createContext, useContext } from "react";

import type { Remedy, Tone } from "./words";

export type SettingsPart = "provider" | "routes" | "listening" | "signing" | "limits" | "delivery" | "upkeep" | "machine";

export type AccessPart = "rules" | "accounts" | "lists" | "content" | "bursts";

export type Route =
  | { page: "overview" }
  | { page: "queue"; open?: string; text?: string }
  | { page: "history"; open?: string; text?: string }
  | { page: "devices" }
  /** `rule` is the place of one that is to be opened. */
  | { page: "access"; part?: AccessPart; rule?: number }
  | { page: "settings"; part?: SettingsPart }
  | { page: "setup" };

/** Decides whether the page may be left: calls `leave` when it may, at once or later. */
export type Guard = (leave: () => void) => void;

export interface WindowActs {
  /** Asks the guard of the page that is left, if it has one. */
  go(route: Route): void;
  guard(guard: Guard | null): void;
  /** Opens the form that sends a test message. */
  sendTest(): void;
  /** What the button beside a problem does; `about` names the provider, file or folder it is for, where there are several. */
  mend(remedy: Remedy, about?: string): void;
  /** A short word at the edge of the window; read aloud too. */
  tell(tone: Tone, text: string): void;
}

export const WindowContext = createContext<WindowActs | null>(null);

export function useWindow(): WindowActs {
  const acts = useContext(WindowContext);
  if (!acts) throw new Error("outside of the window");
  return acts;
}
