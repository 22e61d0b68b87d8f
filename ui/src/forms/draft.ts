/**
 * Settings being changed: one draft a page, checked as fields are left, saved at once.
 *
 * In: the parts of the settings that are the page's own. Out: the settings as they would be. Parts that are not the
 * page's own are always those in force; its own come in by themselves unless one of them is unsaved. What is drawn
 * after saving is what the host says it saved.
 */
import { useCallback, useEffect, useMemo, useState } from "react";

import type { NewSecret, Settings } from "../bridge/bridge";
import { useAsk, useSnapshot } from "../live/provider";
import { useWindow } from "../window";
import { sayRefused } from "../words";
import { changedParts, withParts, type SettingKey } from "./changes";
import { useCheck, type Check } from "./check";

/** So long nobody types before what was wrong is looked at again. */
const PAUSE_MS = 400;

export interface Draft {
  draft: Settings;
  /** While something is typed. */
  change(next: Settings): void;
  /** By a click: is checked at once, since no field is left. */
  put(next: Settings): void;
  check: Check;
  /** Names of what differs from what is in force. */
  changes: string[];
  /** The page's own parts were changed elsewhere while something here was unsaved. */
  overtaken: boolean;
  busy: boolean;
  /** Where the host wrote it the last time; empty before. */
  saved: string;
  save(): Promise<void>;
  discard(): void;
  /** A field was left. */
  leave(): void;
}

/** A secret that is typed on the page: it goes together with the settings it is for. */
interface TypedSecret {
  secret: NewSecret | null;
  onForget(): void;
}

/** `keys` is to be the same list each time. */
export function useDraft(keys: readonly SettingKey[], typed?: TypedSecret): Draft {
  const { settings: inForce } = useSnapshot();
  const { tell } = useWindow();
  const ask = useAsk();
  const check = useCheck();
  const [mine, setMine] = useState<Settings>(inForce.settings);
  const [base, setBase] = useState<Settings>(inForce.settings);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState("");

  const untouched = changedParts(base, mine, keys).length === 0;
  const behind = changedParts(inForce.settings, base, keys).length > 0;
  if (behind && untouched) {
    setBase(inForce.settings);
    setMine(inForce.settings);
  }
  const draft = useMemo(() => withParts(inForce.settings, mine, keys), [inForce.settings, mine, keys]);
  const secret = typed?.secret ?? null;

  // A mistake goes as soon as it is mended, whether a field is left by that or not.
  const { check: lookAgain, problems } = check;
  const wrong = problems.length > 0;
  useEffect(() => {
    if (!wrong) return;
    const timer = setTimeout(() => void lookAgain(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, wrong, lookAgain]);

  const change = useCallback((next: Settings) => {
    setSaved("");
    setMine(next);
  }, []);
  const put = (next: Settings) => {
    change(next);
    void check.check(next);
  };
  const save = async () => {
    setBusy(true);
    try {
      // What others have changed since this window drew it last stays as they have it.
      const now = await ask({ ask: "settings" });
      const settings = now.kind === "settings" ? withParts(now.settings.settings, mine, keys) : draft;
      // Together: the server of before must not see a password that is for the next one.
      const answer = await ask({ ask: "applySettings", settings, ...(secret === null ? {} : { secret }) });
      if (answer.kind === "settings") {
        typed?.onForget();
        setBase(answer.settings.settings);
        setMine(answer.settings.settings);
        check.set([]);
        setSaved(answer.settings.path);
      } else if (answer.kind === "problems") check.set(answer.problems);
      else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
    } finally {
      setBusy(false);
    }
  };
  const discard = () => {
    typed?.onForget();
    setBase(inForce.settings);
    setMine(inForce.settings);
    check.set([]);
  };
  return {
    draft,
    change,
    put,
    check,
    changes: [...changedParts(inForce.settings, draft, keys), ...(secret === null ? [] : ["password"])],
    overtaken: behind && !untouched,
    busy,
    saved,
    save,
    discard,
    leave: () => void check.check(draft),
  };
}
