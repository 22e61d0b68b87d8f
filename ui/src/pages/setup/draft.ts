/**
 * Keeps the half-filled setup over a closed window. Never holds a password.
 */
import { steps, type Draft } from "./steps";

const KEY = "outtray.setup";

export function loadDraft(): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? "null") as Draft | null;
    // A draft from before there was anything to import has no such field.
    return draft?.version === 1 && steps.includes(draft.step) ? { ...draft, imported: draft.imported ?? null } : null;
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
