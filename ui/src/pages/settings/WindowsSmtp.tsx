/**
 * The Windows SMTP service beside Outtray: how it stands, and the way back. Nothing where there is none.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { TakeOverView } from "../../bridge/bridge";
import { useAsk, useDesktop } from "../../live/provider";
import { Card, Section } from "../../parts/Page";
import { useWindow } from "../../window";
import { exactTime, sayLeftMail, sayNotTakenOver, sayRefused, saySmtpService } from "../../words";
import styles from "./settings.module.css";

export function WindowsSmtp() {
  const ask = useAsk();
  const desktop = useDesktop();
  const { tell } = useWindow();
  const [state, setState] = useState<TakeOverView | null>(null);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void ask({ ask: "takeOverState" }).then((answer) => {
      if (answer.kind === "takeOver") setState(answer.state);
    });
  }, [ask]);

  const giveBack = async () => {
    setAsking(false);
    setBusy(true);
    try {
      // What the engine may not do an administrator may.
      if (state?.mayControl === false && !(await desktop.takeOver(false))) return;
      const answer = await ask(state?.mayControl === false ? { ask: "takeOverState" } : { ask: "takeOverBack" });
      if (answer.kind === "takeOver") {
        setState(answer.state);
        tell("good", "The Windows SMTP service has its port again and runs as before.");
      } else if (answer.kind === "notTakenOver") tell("bad", sayNotTakenOver(answer.trouble));
      else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "The way back was not made.");
    } catch (error) {
      tell("bad", String(error).replace(/^Error: /, ""));
    } finally {
      setBusy(false);
    }
  };

  if (!state || (state.service.kind === "notInstalled" && !state.taken)) return null;
  const { taken } = state;
  const ports = taken?.ports.join(", ");
  return (
    <Section
      title="Windows SMTP service"
      {...(taken ? { sub: `Outtray took its place on ${exactTime(taken.at)}, on port ${ports}.` } : {})}
      actions={
        taken && (
          <Button onClick={() => setAsking(true)} disabled={busy}>
            Give the port back…
          </Button>
        )
      }
    >
      <Card>
        <dl className={styles.facts}>
          <dt>Now</dt>
          <dd>{saySmtpService(state.service)}</dd>
          {state.left.length > 0 && (
            <>
              <dt>Mail left there</dt>
              <dd>
                {state.left.map((left) => (
                  <div key={left.path}>{sayLeftMail(left)}</div>
                ))}
              </dd>
            </>
          )}
        </dl>
      </Card>
      {asking && (
        <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && setAsking(false)}>
          <DialogSurface>
            <DialogBody>
              <DialogTitle>Give port {ports} back to the Windows SMTP service?</DialogTitle>
              <DialogContent>
                Outtray stops listening there and the old service is started as it was before. Devices then send through it again. Mail that waits in Outtray is still handed over.
              </DialogContent>
              <DialogActions>
                <Button onClick={() => setAsking(false)}>Stay with Outtray</Button>
                <Button appearance="primary" onClick={() => void giveBack()}>
                  Give it back
                </Button>
              </DialogActions>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </Section>
  );
}
