/**
 * What an administrator types to let devices through the firewall, as Outtray itself may not.
 */
import { Button } from "@fluentui/react-components";

import { copyText } from "../parts/copy";
import { useWindow } from "../window";
import styles from "./forms.module.css";

export function FirewallCommand({ command }: { command: string }) {
  const { tell } = useWindow();
  const copy = async () => {
    const done = await copyText(command);
    if (done) tell("good", "Copied. Paste it into a command prompt that runs as administrator.");
    else tell("warn", "It could not be copied. Select the line and copy it yourself.");
  };
  return (
    <div className={styles.command}>
      <p>An administrator lets them in, from this machine’s own networks only, with:</p>
      <code>{command}</code>
      <Button onClick={() => void copy()}>Copy</Button>
    </div>
  );
}
