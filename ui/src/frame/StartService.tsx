/**
 * The button that starts a service that stands still. The system asks for an administrator.
 */
import { Button } from "@fluentui/react-components";
import { ShieldCheckmark20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { useDesktop } from "../live/provider";
import styles from "./frame.module.css";

export function StartService({ primary = false }: { primary?: boolean }) {
  const { startService } = useDesktop();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const start = async () => {
    setBusy(true);
    setTrouble("");
    try {
      if (!(await startService())) setTrouble("It was not started.");
    } catch (error) {
      setTrouble(String(error).replace(/^Error: /, ""));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button size={primary ? "medium" : "small"} appearance={primary ? "primary" : "secondary"} icon={<ShieldCheckmark20Regular />} disabled={busy} onClick={() => void start()}>
        {busy ? "Being started…" : "Start the service"}
      </Button>
      {trouble !== "" && (
        <p role="alert" className={styles.trouble}>
          {trouble}
        </p>
      )}
    </>
  );
}
