/**
 * The button that starts a service that stands still. The system asks for an administrator.
 */
import { Button } from "@fluentui/react-components";
import { ShieldCheckmark16Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { useDesktop } from "../live/provider";
import { useWindow } from "../window";

export function StartService() {
  const { startService } = useDesktop();
  const { tell } = useWindow();
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      await startService();
    } catch (error) {
      tell("bad", String(error).replace(/^Error: /, ""));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="small" icon={<ShieldCheckmark16Regular />} disabled={busy} onClick={() => void start()}>
      Start it
    </Button>
  );
}
