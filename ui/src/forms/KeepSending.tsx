/**
 * "Keep sending when nobody is signed in": moves the relay into the service, and the way back.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from "@fluentui/react-components";
import { ShieldCheckmark20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { MovingStep } from "../bridge/bridge";
import { useDesktop, useEngineState } from "../live/provider";
import { Card, Section } from "../parts/Page";
import { useWindow } from "../window";
import { movingStepWords } from "../words";
import styles from "./KeepSending.module.css";

/** Nothing where the relay is a service of its own already that this window did not install, or cannot become one. */
export function KeepSending({ offerOnly = false }: { offerOnly?: boolean }) {
  const { snapshot, connection } = useEngineState();
  const { keepSending } = useDesktop();
  const { go, tell } = useWindow();
  const [step, setStep] = useState<MovingStep | null>(null);
  const [asking, setAsking] = useState(false);
  const embedded = snapshot?.engine.embedded === true;
  const offered = embedded && connection.service === "offered";
  const installed = !embedded && connection.service === "installed";
  if (step === null && !offered && (offerOnly || !installed)) return null;

  const move = async (on: boolean) => {
    setAsking(false);
    setStep("stopping");
    try {
      const moved = await keepSending(on, setStep);
      if (moved.kind === "cancelled") tell("quiet", "Nothing was changed.");
      else if (moved.passwordMissing) {
        tell("warn", "Moved. The password could not be taken along: type it again here.");
        go({ page: "settings", part: "provider" });
      } else tell("good", on ? "Outtray now sends also when nobody is signed in." : "Outtray now sends while you are signed in.");
    } catch (error) {
      tell("bad", String(error).replace(/^Error: /, ""));
    } finally {
      setStep(null);
    }
  };

  return (
    <Section title="When nobody is signed in">
      <Card>
        <div className={styles.row}>
          <div>
            {installed ? (
              <p>The relay runs as the Windows or system service “Outtray”: mail goes on without this window, and after a restart before anybody signs in.</p>
            ) : (
              <p>
                Now mail stops when you sign out or quit Outtray. As a service it goes on, and begins with the machine. Settings, queue, history and the password move along; an administrator
                has to say yes.
              </p>
            )}
            {step !== null && (
              <p role="status" className={styles.step}>
                <Spinner size="tiny" /> {movingStepWords[step]}
              </p>
            )}
          </div>
          {installed ? (
            <Button disabled={step !== null} onClick={() => setAsking(true)}>
              Send only while I am signed in…
            </Button>
          ) : (
            <Button appearance="primary" icon={<ShieldCheckmark20Regular />} disabled={step !== null} onClick={() => void move(true)}>
              Keep sending when nobody is signed in
            </Button>
          )}
        </div>
      </Card>
      {asking && (
        <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && setAsking(false)}>
          <DialogSurface>
            <DialogBody>
              <DialogTitle>Send only while you are signed in?</DialogTitle>
              <DialogContent>
                The service is removed and the relay runs inside this window: devices cannot send when you are signed out. Settings, queue and history come along. The password does not: nobody
                can read it from the service, so you type it again.
              </DialogContent>
              <DialogActions>
                <Button onClick={() => setAsking(false)}>Keep the service</Button>
                <Button appearance="primary" icon={<ShieldCheckmark20Regular />} onClick={() => void move(false)}>
                  Remove the service
                </Button>
              </DialogActions>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </Section>
  );
}
