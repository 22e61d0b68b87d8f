/**
 * A button behind which the system asks for an administrator: it says when nobody was found, and why it failed.
 */
import { Button } from "@fluentui/react-components";
import { ShieldCheckmark20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import styles from "./AskAdministrator.module.css";

export interface Asked {
  label: string;
  /** While the system asks and it is being done. */
  busyLabel: string;
  /** When the person said no. */
  refused: string;
  /** False when the person said no; a failure is an exception with a sentence. */
  act: () => Promise<boolean>;
  onDone?: () => void;
  size?: "small" | "medium";
  appearance?: "primary" | "secondary";
}

export function AskAdministrator({ label, busyLabel, refused, act, onDone, size = "small", appearance = "secondary" }: Asked) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const ask = async () => {
    setBusy(true);
    setTrouble("");
    try {
      if (await act()) onDone?.();
      else setTrouble(refused);
    } catch (error) {
      setTrouble(String(error).replace(/^Error: /, ""));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button size={size} appearance={appearance} icon={<ShieldCheckmark20Regular />} disabled={busy} onClick={() => void ask()}>
        {busy ? busyLabel : label}
      </Button>
      {trouble !== "" && (
        <p role="alert" className={styles.trouble}>
          {trouble}
        </p>
      )}
    </>
  );
}
