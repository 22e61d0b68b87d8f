/**
 * One device to filter by: it is the search's own word `client:`, so that it can be seen, changed and taken out there too.
 */
import { Select } from "@fluentui/react-components";
import { useCallback, useEffect, useState } from "react";

import type { DeviceView } from "../bridge/bridge";
import { useAsk } from "../live/provider";
import styles from "./ListPage.module.css";
import { clientIn, withClient } from "./searchWords";

interface DeviceFilterProps {
  text: string;
  onChange(text: string): void;
}

/** Those that were there last; others can be typed. */
const SHOWN = 200;

export function DeviceFilter({ text, onChange }: DeviceFilterProps) {
  const ask = useAsk();
  const [devices, setDevices] = useState<DeviceView[]>([]);
  const read = useCallback(() => {
    void ask({ ask: "devices" }).then((answer) => {
      if (answer.kind === "devices") setDevices(answer.devices.slice(0, SHOWN));
    });
  }, [ask]);
  useEffect(read, [read]);
  const chosen = clientIn(text);
  if (devices.length === 0 && chosen === "") return null;
  const known = chosen === "" || devices.some(({ address }) => address === chosen);
  return (
    <Select className={styles.provider ?? ""} size="small" aria-label="Filter by device" value={chosen} onFocus={read} onChange={(_, { value }) => onChange(withClient(text, value))}>
      <option value="">All devices</option>
      {!known && <option value={chosen}>{chosen}</option>}
      {devices.map(({ address, clientName }) => (
        <option key={address} value={address}>
          {clientName === "" ? address : `${clientName} (${address})`}
        </option>
      ))}
    </Select>
  );
}
