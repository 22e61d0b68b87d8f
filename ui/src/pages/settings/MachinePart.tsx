/**
 * How the relay runs, what the machine under it says of itself, and, on a click, what others see of it.
 */
import { Button, Spinner } from "@fluentui/react-components";
import { useState } from "react";

import type { OutsideView } from "../../bridge/bridge";
import { FirewallCommand, PublicNetwork } from "../../forms/FirewallCommand";
import { KeepSending } from "../../forms/KeepSending";
import { providerName } from "../../forms/providers";
import type { Machine } from "../../live/machine";
import { useAsk, useSnapshot } from "../../live/provider";
import { Notice } from "../../parts/Notice";
import { Card, Section } from "../../parts/Page";
import { Working } from "../../parts/Working";
import { useWindow } from "../../window";
import { exactTime, portStateWords, sayClock, sayFirewall, sayLetIn, sayRefused, saySeen } from "../../words";
import styles from "./settings.module.css";
import { WindowsSmtp } from "./WindowsSmtp";

export function MachinePart({ machine }: { machine: Machine }) {
  return (
    <>
      <KeepSending />
      <ThisEngine />
      <Surroundings machine={machine} />
      <Outside />
      <WindowsSmtp />
    </>
  );
}

function ThisEngine() {
  const { engine } = useSnapshot();
  return (
    <Section title="This relay">
      <Card>
        <dl className={styles.facts}>
          <dt>Runs as</dt>
          <dd>{engine.embedded ? "part of this program: mail stops when Outtray is quit" : "a service of its own: mail goes on without this window"}</dd>
          <dt>Version</dt>
          <dd>
            Outtray {engine.version}, process {engine.processId}, since {exactTime(engine.startedAt)}
          </dd>
          <dt>Mail and log lie in</dt>
          <dd className="mono">{engine.dataFolder}</dd>
        </dl>
      </Card>
    </Section>
  );
}

function Surroundings({ machine: { view: machine, looking, failed, look } }: { machine: Machine }) {
  if (!machine && failed) {
    return (
      <Section title="This machine">
        <Notice tone="warn" title="Nothing could be found out about this machine" actions={<Button onClick={look}>Look again</Button>}>
          The engine gave no answer. Mail is not concerned by that.
        </Notice>
      </Section>
    );
  }
  if (!machine) return <Spinner style={{ marginTop: 24 }} label="Looking at this machine" />;
  const { firewall } = machine;
  return (
    <>
      <Section
        title={machine.hostName}
        sub={machine.os}
        actions={
          <Button onClick={look} disabled={looking} {...(looking ? { icon: <Working /> } : {})}>
            Look again
          </Button>
        }
      >
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
          {firewall.command !== null && (
            <div className={styles.shut}>
              <p>The firewall keeps devices out.</p>
              <FirewallCommand firewall={firewall} onDone={look} />
            </div>
          )}
          {firewall.publicNetwork && (
            <div className={styles.shut}>
              <PublicNetwork />
            </div>
          )}
        </Card>
      </Section>
    </>
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
      sub="Asks the mail provider which address it sees (the provider’s connector, and the SPF record of your domain, name that address), and this machine’s time server for the time. Nobody else is asked, and nothing is asked by itself."
      actions={
        <Button onClick={() => void look()} disabled={busy} {...(busy ? { icon: <Working /> } : {})}>
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
