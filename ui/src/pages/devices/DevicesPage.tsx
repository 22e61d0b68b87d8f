/**
 * Who sends, and who tried: held and refused devices first, with the button that mends it.
 */
import { Button, SearchBox, Spinner } from "@fluentui/react-components";
import { Print24Regular, Search24Regular } from "@fluentui/react-icons";
import { useDeferredValue, useState } from "react";

import { useDevices } from "../../live/devices";
import { useSnapshot } from "../../live/provider";
import { stillRefused } from "../../live/state";
import { HeldBursts } from "../../needs/HeldBursts";
import { RefusedDevices } from "../../needs/RefusedDevices";
import { Card, Empty, PageHead, Section } from "../../parts/Page";
import { DeviceTable } from "./DeviceTable";
import { Refusals } from "./Refusals";
import styles from "./devices.module.css";

export function DevicesPage() {
  const snapshot = useSnapshot();
  const { devices, failed, refresh } = useDevices();
  const [text, setText] = useState("");
  const searched = useDeferredValue(text.trim().toLowerCase());
  const known = devices ?? [];
  const shown = known.filter((device) => `${device.address} ${device.clientName} ${device.rule ?? ""} ${device.account ?? ""}`.toLowerCase().includes(searched));
  const refused = stillRefused(snapshot);
  const bursts = snapshot.notices.some((notice) => notice.code === "burstHeld");
  return (
    <div className={styles.page}>
      <PageHead title="Devices" sub="Every device and program that handed in mail, or tried to." />
      {(bursts || refused.length > 0) && (
        <Section title="Needs you">
          <div className={styles.needs}>
            <HeldBursts devices={known} onDone={refresh} />
            <RefusedDevices onDone={refresh} />
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
            <DeviceTable devices={shown} onDone={refresh} />
          </Card>
        )}
      </Section>
      <Refusals />
    </div>
  );
}
