/**
 * "Keep sending when nobody is signed in": moves the relay into the service, and the way back.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { ShieldCheckmark20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { MovingStep } from "../bridge/bridge";
import { useDesktop, useEngineState } from "../live/provider";
import { Notice } from "../parts/Notice";
import { Card, Section } from "../parts/Page";
import { Working } from "../parts/Working";
import { useWindow } from "../window";
import { movingStepWords } from "../words";
import styles from "./KeepSending.module.css";

/** Into the service, or out of it. */
type Way = "there" | "back";

/** Nothing where the relay is a service of its own already that this window did not install, or cannot become one. */
export function KeepSending({ offerOnly = false }: { offerOnly?: boolean }) {
  const { snapshot, connection } = useEngineState();
  const { keepSending } = useDesktop();
  const { go, tell } = useWindow();
  const [moving, setMoving] = useState<{ way: Way; step: MovingStep } | null>(null);
  const [failed, setFailed] = useState<{ way: Way; said: string } | null>(null);
  const [asking, setAsking] = useState(false);
  const embedded = snapshot?.engine.embedded === true;
  const offered = embedded && connection.service === "offered";
  const installed = !embedded && connection.service === "installed";
  // While it moves neither is true for long; what went wrong is said wherever it ended.
  const way: Way | null = moving ? moving.way : offered ? "there" : installed && !offerOnly ? "back" : (failed?.way ?? null);
  if (way === null) return null;

  const move = async (to: Way) => {
    setAsking(false);
    setFailed(null);
    setMoving({ way: to, step: "stopping" });
    try {
      const moved = await keepSending(to === "there", (step) => setMoving({ way: to, step }));
      if (moved.kind === "cancelled") tell("quiet", "Nothing was changed.");
      else if (moved.passwordMissing) {
        tell("warn", "Moved. The password could not be taken along: type it again here.");
        go({ page: "settings", part: "provider" });
      } else tell("good", to === "there" ? "Outtray now sends also when nobody is signed in." : "Outtray now sends while you are signed in.");
    } catch (error) {
      setFailed({ way: to, said: String(error).replace(/^Error: /, "") });
    } finally {
      setMoving(null);
    }
  };

  return (
    <Section title="When nobody is signed in">
      <Card>
        <div className={styles.row}>
          <div>
            {way === "back" ? (
              <p>The relay runs as the service “Outtray” of this machine: mail goes on without this window, and after a restart before anybody signs in.</p>
            ) : (
              <p>
                Now mail stops when you sign out or quit Outtray. As a service it goes on, and begins with the machine. Settings, queue, history and the password move along; an administrator
                has to say yes.
              </p>
            )}
          </div>
          {way === "back" ? (
            <Button disabled={moving !== null} onClick={() => setAsking(true)}>
              Send only while I am signed in…
            </Button>
          ) : (
            <Button appearance="primary" icon={<ShieldCheckmark20Regular />} disabled={moving !== null} onClick={() => void move("there")}>
              Keep sending when nobody is signed in
            </Button>
          )}
        </div>
        {moving && (
          <p role="status" className={styles.step}>
            <Working /> {movingStepWords[moving.step]}
          </p>
        )}
        {failed && (
          <div role="alert" className={styles.failed}>
            <Notice tone="bad" title={failed.way === "there" ? "It does not run as a service" : "It still runs as a service"} actions={<Button onClick={() => setFailed(null)}>Dismiss</Button>}>
              {failed.said}
            </Notice>
          </div>
        )}
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
              <DialogActions fluid>
                <Button onClick={() => setAsking(false)}>Keep the service</Button>
                <Button appearance="primary" icon={<ShieldCheckmark20Regular />} onClick={() => void move("back")}>
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
