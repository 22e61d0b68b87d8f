/**
 * What a person types into a scanner: server, port, encryption, no sign-in. To copy, and to print.
 */
import { Button } from "@fluentui/react-components";
import { Checkmark20Regular, Copy20Regular, Print20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { ListenerView, MachineView } from "../bridge/bridge";
import { useMachine } from "../live/machine";
import { useSnapshot } from "../live/provider";
import { copyText } from "../parts/copy";
import { useWindow } from "../window";
import { listenerEncryptionWords } from "../words";
import styles from "./DeviceLines.module.css";
import { useUsualSender } from "./SendTest";

export function DeviceLines({ printable = false }: { printable?: boolean }) {
  const { listeners, engine } = useSnapshot();
  const { tell } = useWindow();
  const { view } = useMachine();
  const usual = useUsualSender();
  const [copied, setCopied] = useState(false);

  const lines = linesFor(listeners, view, engine.hostName, usual);
  const copy = async () => {
    const done = await copyText(lines.map(([name, value]) => `${name}: ${value}`).join("\n"));
    setCopied(done);
    if (!done) tell("warn", "It could not be copied. Select the lines and copy them yourself.");
  };
  return (
    <div className={styles.sheet}>
      <h2 className={styles.printOnly}>Mail settings for scanners and printers</h2>
      <dl className={styles.lines}>
        {lines.map(([name, value, note]) => (
          <div key={name} className={styles.line}>
            <dt>{name}</dt>
            <dd>
              <strong>{value}</strong>
              {note && <span className="quiet"> · {note}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <div className={styles.buttons}>
        <Button icon={copied ? <Checkmark20Regular /> : <Copy20Regular />} onClick={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </Button>
        {printable && (
          <Button icon={<Print20Regular />} onClick={() => print()}>
            Print
          </Button>
        )}
      </div>
    </div>
  );
}

type Line = [name: string, value: string, note?: string];

export function linesFor(listeners: ListenerView[], machine: MachineView | null, hostName: string, sender: string): Line[] {
  const open = listeners.filter((listener) => !listener.problem);
  const best = open.find((listener) => listener.port === 25) ?? open.find((listener) => listener.encryption !== "implicit") ?? open[0];
  const addresses = (machine?.networks ?? []).map((network) => network.address);
  const said = (listener: ListenerView) => `${listener.port} (${listenerEncryptionWords[listener.encryption].short})`;
  const others = [...new Set(open.map(said))].filter((each) => !best || each !== said(best));
  const server = addresses[0] ?? machine?.hostName ?? hostName;
  const names = [...addresses.slice(1), machine?.hostName ?? hostName].filter((name) => name !== server);
  return [
    ["SMTP server", server, names.length > 0 ? `or ${names.join(", ")}` : ""],
    ["Port", best ? String(best.port) : "none is open", others.length > 0 ? `also ${others.join(", ")}` : ""],
    ["Encryption", best ? listenerEncryptionWords[best.encryption].forDevice : "–"],
    ["Sign-in", "None", "leave user name and password empty"],
    sender === "" ? ["Sender", "An address your provider accepts"] : ["Sender", sender, "or another address your provider accepts from this account"],
  ];
}
