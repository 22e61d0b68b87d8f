/**
 * Keeps the half-filled setup over a closed window. Never holds a password.
 */
import { steps, type Draft } from "./steps";

const KEY = "outtray.setup";

export function loadDraft(): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? "null") as Draft | null;
    return draft?.version === 1 && steps.includes(draft.step) ? draft : null;
  } catch {
    return null;
  }
}

export function saveDraft(draft: Draft): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // Without storage the setup still works; it only begins anew next time.
  }
}

export function forgetDraft(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

export function hasUnfinishedSetup(): boolean {
  return loadDraft() !== null;
}
