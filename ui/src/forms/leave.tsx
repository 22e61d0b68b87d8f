/**
 * Nobody leaves a page with something unsaved without being asked.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useEffect, useState, type ReactNode } from "react";

import { useWindow } from "../window";

interface Unsaved {
  /** In words: "ports", "password". Empty: the page may be left. */
  what: string[];
  /** Something in it is wrong, so that it cannot be saved. */
  wrong: boolean;
  /** Null where nothing can be saved halfway. */
  save: (() => Promise<void>) | null;
  /** Whether the last saving went well. */
  saved: boolean;
  /** It is to be thrown away. */
  forget?(): void;
}

/** Guards the page while it is drawn; the dialog is to be drawn with it. */
export function useLeave({ what, wrong, save, saved, forget }: Unsaved): ReactNode {
  const { guard } = useWindow();
  const [leaving, setLeaving] = useState<{ leave(): void; step: "asked" | "saving" | "tried" } | null>(null);
  const holds = what.length > 0;
  useEffect(() => {
    guard(holds ? (leave) => setLeaving({ leave, step: "asked" }) : null);
    return () => guard(null);
  }, [guard, holds]);
  // After a saving that went wrong the person stays, and sees on the page what is wrong.
  if (leaving?.step === "tried" && !saved) setLeaving(null);
  useEffect(() => {
    if (leaving?.step === "tried" && saved) leaving.leave();
  }, [leaving, saved]);

  if (!leaving) return null;
  const stay = () => setLeaving(null);
  const throwAway = () => {
    forget?.();
    leaving.leave();
  };
  const saveAndLeave = async (saving: () => Promise<void>) => {
    setLeaving({ ...leaving, step: "saving" });
    await saving();
    setLeaving({ ...leaving, step: "tried" });
  };
  const saving = wrong ? null : save;
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && stay()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Leave without saving?</DialogTitle>
          <DialogContent>
            <p>What you have changed is not in force yet: {what.join(", ")}.</p>
            {wrong && <p>It cannot be saved as it is: something in it is wrong.</p>}
          </DialogContent>
          <DialogActions fluid>
            <Button onClick={throwAway} disabled={leaving.step !== "asked"}>
              Throw it away
            </Button>
            <Button onClick={stay} disabled={leaving.step !== "asked"} appearance={saving ? "secondary" : "primary"}>
              Stay here
            </Button>
            {saving && (
              <Button appearance="primary" disabled={leaving.step !== "asked"} onClick={() => void saveAndLeave(saving)}>
                Save and leave
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
