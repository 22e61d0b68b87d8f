/**
 * The devices that are known, a line each; why one was refused last unfolds below it.
 */
import { Fragment, useState } from "react";

import type { DeviceView } from "../../bridge/bridge";
import { isAllowed } from "../../bridge/rules";
import { useSnapshot } from "../../live/provider";
import { keepsOut } from "../../live/state";
import { clientOf, RefusedDevice } from "../../needs/RefusedDevice";
import { Ago } from "../../parts/Time";
import { ToneLabel } from "../../parts/Tone";
import { useWindow } from "../../window";
import { count } from "../../words";
import styles from "./devices.module.css";

const COLUMNS = 5;

export function DeviceTable({ devices, onDone }: { devices: DeviceView[]; onDone(): void }) {
  const [open, setOpen] = useState<string | null>(null);
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
          <Fragment key={device.address}>
            <DeviceLine device={device} open={open === device.address} onOpen={() => setOpen(open === device.address ? null : device.address)} />
            {open === device.address && device.lastRefusal && (
              <tr className={styles.unfolded}>
                <td colSpan={COLUMNS}>
                  <RefusedDevice client={clientOf(device, device.lastRefusal)} onDone={onDone} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function DeviceLine({ device, open, onOpen }: { device: DeviceView; open: boolean; onOpen(): void }) {
  const { go } = useWindow();
  const name = device.clientName === "" ? device.address : device.clientName;
  return (
    <tr>
      <th scope="row">
        <button type="button" className={styles.name} title="Show its messages" onClick={() => go({ page: "history", text: `client:${device.address}` })}>
          {name}
        </button>
        <div className="quiet">
          {device.clientName !== "" && `${device.address} · `}
          {device.rule ?? "no rule"}
          {device.account !== null && ` · signs in as ${device.account}`}
        </div>
      </th>
      <td className={styles.when}>
        <Ago at={device.lastSeenAt} />
      </td>
      <td>{device.messages === 0 ? <span className="quiet">–</span> : device.tls === null ? <span className="quiet">none</span> : device.tls.replace("TLSv", "TLS ")}</td>
      <td className={styles.figure}>
        {count(device.messagesToday)}
        <Refused device={device} name={name} open={open} onOpen={onOpen} />
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
  );
}

/** What a rule made since has mended, or the device by sending since, is no trouble any more. */
function Refused({ device, name, open, onOpen }: { device: DeviceView; name: string; open: boolean; onOpen(): void }) {
  const { rules } = useSnapshot().settings.settings;
  const { refusedToday, lastRefusal } = device;
  if (refusedToday === 0 || lastRefusal === null) return null;
  const hasSentSince = keepsOut[lastRefusal.why] && device.lastSeenAt > lastRefusal.lastAt;
  const mended = hasSentSince || (lastRefusal.why === "notAllowed" && isAllowed(rules, device.address));
  if (mended) return <div className="quiet">{count(refusedToday)} refused before</div>;
  return (
    <div>
      <button type="button" className={`${styles.name} ${styles.bad}`} aria-expanded={open} aria-label={`${count(refusedToday)} refused: why ${name} was`} onClick={onOpen}>
        {count(refusedToday)} refused {open ? "▴" : "▾"}
      </button>
    </div>
  );
}
