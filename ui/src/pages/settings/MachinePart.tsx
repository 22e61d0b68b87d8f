/**
 * What the machine under the engine says of itself, and, on a click, what others see of it.
 */
import { Button, Spinner } from "@fluentui/react-components";
import { useState } from "react";

import type { MachineView, OutsideView } from "../../bridge/bridge";
import { providerName } from "../../forms/providers";
import { useAsk, useSnapshot } from "../../live/provider";
import { copyText } from "../../parts/copy";
import { Card, Section } from "../../parts/Page";
import { useWindow } from "../../window";
import { portStateWords, sayClock, sayFirewall, sayLetIn, sayRefused, saySeen } from "../../words";
import styles from "./settings.module.css";

export function MachinePart({ machine, onLook }: { machine: MachineView | null; onLook: () => void }) {
  if (!machine) return <Spinner label="Looking at this machine" />;
  const { firewall } = machine;
  return (
    <>
      <Section title={machine.hostName} sub={machine.os} actions={<Button onClick={onLook}>Look again</Button>}>
        <Card>
          <dl className={styles.facts}>
            {machine.domain !== null && (
              <>
                <dt>Domain</dt>
                <dd>{machine.domain}</dd>
              </>
            )}
            <dt>Networks</dt>
            <dd>
              {machine.networks.length === 0 && "No network card is connected."}
              {machine.networks.map((network) => (
                <div key={network.network}>
                  <span className="mono">{network.network}</span>, this machine is <span className="mono">{network.address}</span> ({network.card})
                </div>
              ))}
            </dd>
            <dt>Firewall</dt>
            <dd>{sayFirewall(firewall)}</dd>
          </dl>
        </Card>
      </Section>
      <Section title="Ports of mail" sub="Who holds them, and whether a device gets through to them.">
        <Card>
          <dl className={styles.facts}>
            {machine.ports.map((port) => (
              <div key={port.port} className={styles.fact}>
                <dt className="mono">{port.port}</dt>
                <dd>
                  {portStateWords[port.state](port.holder)}
                  {port.state === "ours" && sayLetIn(port.letIn)}
                </dd>
              </div>
            ))}
          </dl>
          {firewall.command !== null && <Command command={firewall.command} />}
        </Card>
      </Section>
      <Outside />
    </>
  );
}

/** What an administrator types, as Outtray itself may not. */
function Command({ command }: { command: string }) {
  const { tell } = useWindow();
  const copy = async () => {
    const done = await copyText(command);
    if (done) tell("good", "Copied. Paste it into a command prompt that runs as administrator.");
    else tell("warn", "It could not be copied. Select the line and copy it yourself.");
  };
  return (
    <div className={styles.command}>
      <p>The firewall keeps devices out. An administrator lets them in, from this machine’s own networks only, with:</p>
      <code>{command}</code>
      <Button onClick={() => void copy()}>Copy</Button>
    </div>
  );
}

function Outside() {
  const ask = useAsk();
  const { tell } = useWindow();
  const [outside, setOutside] = useState<OutsideView | null>(null);
  const [busy, setBusy] = useState(false);
  const { lane } = useSnapshot();
  const provider = providerName(lane.provider, lane.server);
  const look = async () => {
    setBusy(true);
    try {
      const answer = await ask({ ask: "lookOutside" });
      if (answer.kind === "outside") setOutside(answer.outside);
      else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It could not be asked.");
    } finally {
      setBusy(false);
    }
  };
  const clock = outside && sayClock(outside.clock);
  return (
    <Section
      title="Seen from outside"
      sub="Asks the mail provider which address it sees (a connector or SPF record needs it), and this machine’s time server for the time. Nobody else is asked, and nothing is asked by itself."
      actions={
        <Button onClick={() => void look()} disabled={busy} {...(busy ? { icon: <Spinner size="tiny" /> } : {})}>
          Ask now
        </Button>
      }
    >
      {outside && clock && (
        <Card>
          <div role="status">
            <dl className={styles.facts}>
              <dt>Public address</dt>
              <dd>{saySeen(outside.seen, provider)}</dd>
              <dt>Clock</dt>
              <dd className={clock.wrong ? (styles.wrong ?? "") : ""}>{clock.text}</dd>
            </dl>
          </div>
        </Card>
      )}
    </Section>
  );
}
