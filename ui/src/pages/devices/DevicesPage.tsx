/**
 * Who sends, and who tried: held and refused devices first, with the button that mends it.
 */
import { Button, SearchBox, Spinner } from "@fluentui/react-components";
import { Print24Regular, Search24Regular } from "@fluentui/react-icons";
import { useDeferredValue, useState } from "react";

import type { DeviceView } from "../../bridge/bridge";
import { useDevices } from "../../live/devices";
import { Card, Empty, PageHead, Section } from "../../parts/Page";
import { Ago } from "../../parts/Time";
import { ToneLabel } from "../../parts/Tone";
import { useWindow } from "../../window";
import { count } from "../../words";
import { HeldDevice, RefusedToday } from "./Needs";
import { Refusals } from "./Refusals";
import styles from "./devices.module.css";

export function DevicesPage() {
  const { devices, failed, refresh } = useDevices();
  const [text, setText] = useState("");
  const searched = useDeferredValue(text.trim().toLowerCase());
  const known = devices ?? [];
  const shown = known.filter((device) => `${device.address} ${device.clientName} ${device.rule ?? ""} ${device.account ?? ""}`.toLowerCase().includes(searched));
  const held = known.filter((device) => device.held > 0);
  const refused = known.filter((device) => device.refusedToday > 0 && device.lastRefusal !== null);
  return (
    <div className={styles.page}>
      <PageHead title="Devices" sub="Every device and program that handed in mail, or tried to." />
      {(held.length > 0 || refused.length > 0) && (
        <Section title="Needs you">
          <div className={styles.needs}>
            {held.map((device) => (
              <HeldDevice key={device.address} device={device} onDone={refresh} />
            ))}
            {refused.map((device) => device.lastRefusal && <RefusedToday key={device.address} device={device} refusal={device.lastRefusal} onDone={refresh} />)}
          </div>
        </Section>
      )}
      <Section title="Seen" actions={known.length > 5 && <SearchBox placeholder="Address, name, rule…" aria-label="Find a device" value={text} onChange={(_, { value }) => setText(value)} />}>
        {devices === null ? (
          <Card>{failed ? <Empty title="The engine did not tell" actions={<Button onClick={refresh}>Ask again</Button>} /> : <Spinner label="Asking the engine…" />}</Card>
        ) : shown.length === 0 ? (
          <Card>
            {searched === "" ? (
              <Empty icon={<Print24Regular />} title="No device has come by yet">
                Enter this machine as the mail server in a scanner or program, with port 25 and no sign-in. It appears here with its first try, also when it is refused.
              </Empty>
            ) : (
              <Empty icon={<Search24Regular />} title="No device matches" actions={<Button onClick={() => setText("")}>Show all</Button>} />
            )}
          </Card>
        ) : (
          <Card flush>
            <DeviceTable devices={shown} />
          </Card>
        )}
      </Section>
      <Refusals />
    </div>
  );
}

function DeviceTable({ devices }: { devices: DeviceView[] }) {
  const { go } = useWindow();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Device</th>
          <th scope="col">Last seen</th>
          <th scope="col">Encryption</th>
          <th scope="col" className={styles.figure}>
            Messages, 24 h
          </th>
          <th scope="col" className={styles.figure}>
            Recipients this hour
          </th>
        </tr>
      </thead>
      <tbody>
        {devices.map((device) => (
          <tr key={device.address}>
            <th scope="row">
              <button type="button" className={styles.name} title="Show its messages" onClick={() => go({ page: "history", text: `client:${device.address}` })}>
                {device.clientName === "" ? device.address : device.clientName}
              </button>
              <div className="quiet">
                {device.clientName !== "" && `${device.address} · `}
                {device.rule ?? "no rule"}
                {device.account !== null && ` · signs in as ${device.account}`}
              </div>
            </th>
            <td>
              <Ago at={device.lastSeenAt} />
            </td>
            <td>{device.messages === 0 ? <span className="quiet">–</span> : device.tls === null ? <span className="quiet">none</span> : device.tls.replace("TLSv", "TLS ")}</td>
            <td className={styles.figure}>
              {count(device.messagesToday)}
              {device.refusedToday > 0 && <div className={styles.bad}>{count(device.refusedToday)} refused</div>}
            </td>
            <td className={styles.figure}>
              {count(device.recipientsThisHour)}
              {device.held > 0 ? (
                <div>
                  <ToneLabel tone="warn">{count(device.held)} held</ToneLabel>
                </div>
              ) : (
                device.busiestHour > 0 && <div className="quiet">busiest {count(device.busiestHour)}</div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
