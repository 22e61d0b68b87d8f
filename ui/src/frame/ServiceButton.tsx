/**
 * The buttons at a service that this window cannot speak to: it stands still, or does not know this account.
 */
import { useDesktop, useEngineState } from "../live/provider";
import type { LostWords } from "../words";
import { AskAdministrator } from "../parts/AskAdministrator";

export function ServiceButton({ button, primary = false }: { button: LostWords["button"]; primary?: boolean }) {
  const { startService, letIn } = useDesktop();
  const { connection } = useEngineState();
  const looks = { size: primary ? "medium" : "small", appearance: primary ? "primary" : "secondary" } as const;
  switch (button) {
    case "startService":
      return <AskAdministrator {...looks} label="Start the service" busyLabel="Being started…" refused="It was not started." act={startService} />;
    case "letIn":
      return connection.canBeLetIn ? <AskAdministrator {...looks} label="Let this account look at it" busyLabel="Being let in…" refused="Nothing was changed." act={letIn} /> : null;
    case null:
      return null;
  }
}
