/**
 * How devices are let through the firewall, as Outtray itself may not: by a button behind which the system asks for an
 * administrator where our own program can do it, else by what an administrator types.
 */
import { Button } from "@fluentui/react-components";

import type { FirewallView } from "../bridge/bridge";
import { useDesktop } from "../live/provider";
import { AskAdministrator } from "../parts/AskAdministrator";
import { copyText } from "../parts/copy";
import { useWindow } from "../window";
import styles from "./forms.module.css";

export function FirewallCommand({ firewall: { command, opening }, onDone }: { firewall: FirewallView; onDone: () => void }) {
  const { tell } = useWindow();
  const { openFirewall } = useDesktop();
  if (command === null) return null;
  const copy = async () => {
    const done = await copyText(command);
    if (done) tell("good", "Copied. Paste it into a command prompt that runs as administrator.");
    else tell("warn", "It could not be copied. Select the line and copy it yourself.");
  };
  return (
    <div className={styles.command}>
      {opening !== null && (
        <>
          <p>A rule lets devices in: from this machine’s own networks and those that may send, never from the internet.</p>
          <AskAdministrator label="Let devices in" busyLabel="Being let in…" refused="The firewall was left as it is." act={() => openFirewall(opening)} onDone={onDone} appearance="primary" size="medium" />
        </>
      )}
      <p>{opening === null ? "An administrator lets them in, from this machine’s own networks only, with:" : "Or an administrator types:"}</p>
      <code>{command}</code>
      <Button onClick={() => void copy()}>Copy</Button>
    </div>
  );
}

const MAKE_PRIVATE = "Get-NetConnectionProfile -NetworkCategory Public | Set-NetConnectionProfile -NetworkCategory Private";

/** Windows takes a network for a hotel's until somebody says that it is the office's; our rule is not for hotels. */
export function PublicNetwork() {
  const { tell } = useWindow();
  const copy = async () => {
    if (await copyText(MAKE_PRIVATE)) tell("good", "Copied. Paste it into a PowerShell that runs as administrator.");
    else tell("warn", "It could not be copied. Select the line and copy it yourself.");
  };
  return (
    <div className={styles.command}>
      <p>
        Windows calls a network of this machine <em>public</em>, as in a hotel, and there Outtray’s rule in the firewall does not count. If it is the office’s own network, say so in Windows: Settings,
        Network &amp; internet, <em>Private network</em>. Or an administrator types in a PowerShell:
      </p>
      <code>{MAKE_PRIVATE}</code>
      <Button onClick={() => void copy()}>Copy</Button>
    </div>
  );
}
