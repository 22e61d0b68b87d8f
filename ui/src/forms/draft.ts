/**
 * Settings being changed: one draft, checked as fields are left, saved at once.
 *
 * What was changed elsewhere comes in by itself unless something here is unsaved; what is drawn after saving is what
 * the host says it saved.
 */
import { useCallback, useState } from "react";

import type { Settings } from "../bridge/bridge";
import { useAsk, useSnapshot } from "../live/provider";
import { useWindow } from "../window";
import { sayRefused } from "../words";
import { useCheck, type Check } from "./check";

/** A part of the settings by the name people know, and how to reach it. */
export type NamedPart = [name: string, of: (settings: Settings) => unknown];

export interface Draft {
  draft: Settings;
  change(next: Settings): void;
  check: Check;
  /** Names of what differs from what is in force. */
  changes: string[];
  /** The settings were changed elsewhere while something here was unsaved. */
  overtaken: boolean;
  busy: boolean;
  /** Where the host wrote it the last time; empty before. */
  saved: string;
  save(): Promise<void>;
  discard(): void;
  leave(): void;
}

export function changedParts(parts: readonly NamedPart[], before: Settings, after: Settings): string[] {
  return parts.filter(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(after))).map(([name]) => name);
}

export function useDraft(parts: readonly NamedPart[]): Draft {
  const { settings: inForce } = useSnapshot();
  const { tell } = useWindow();
  const ask = useAsk();
  const check = useCheck();
  const [draft, setDraft] = useState<Settings>(inForce.settings);
  const [base, setBase] = useState<Settings>(inForce.settings);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState("");

  const untouched = changedParts(parts, base, draft).length === 0;
  const behind = JSON.stringify(inForce.settings) !== JSON.stringify(base);
  if (behind && untouched) {
    setBase(inForce.settings);
    setDraft(inForce.settings);
  }
  const change = useCallback((next: Settings) => {
    setSaved("");
    setDraft(next);
  }, []);
  const save = async () => {
    setBusy(true);
    try {
      const answer = await ask({ ask: "applySettings", settings: draft });
      if (answer.kind === "settings") {
        setBase(answer.settings.settings);
        setDraft(answer.settings.settings);
        check.set([]);
        setSaved(answer.settings.path);
      } else if (answer.kind === "problems") check.set(answer.problems);
      else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
    } finally {
      setBusy(false);
    }
  };
  const discard = () => {
    setBase(inForce.settings);
    setDraft(inForce.settings);
    check.set([]);
  };
  return {
    draft,
    change,
    check,
    changes: changedParts(parts, inForce.settings, draft),
    overtaken: behind && !untouched,
    busy,
    saved,
    save,
    discard,
    leave: () => void check.check(draft),
  };
}
