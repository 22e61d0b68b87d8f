/**
 * Lets one more device or network send: at once for private addresses, by a typed word for public ones.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useCallback, useState, type ReactNode } from "react";

import { allowing } from "../bridge/make";
import { useAsk } from "../live/provider";
import { useWindow } from "../window";
import { sayRefused } from "../words";
import { sayWrong } from "./check";
import { readNetwork } from "./network";
import { ConfirmWord } from "./ConfirmWord";

export function useAllow(): { allow(network: string, name: string): Promise<boolean>; dialog: ReactNode } {
  const ask = useAsk();
  const { tell } = useWindow();
  const [open, setOpen] = useState<{ network: string; decide(yes: boolean): void } | null>(null);

  const allow = useCallback(
    async (network: string, name: string) => {
      const publicOnPurpose = readNetwork(network)?.publicAddresses ?? false;
      if (publicOnPurpose) {
        const yes = await new Promise<boolean>((decide) => setOpen({ network, decide }));
        setOpen(null);
        if (!yes) return false;
      }
      // What is in force now, not what this window drew last.
      const now = await ask({ ask: "settings" });
      if (now.kind !== "settings") {
        tell("bad", now.kind === "refused" ? sayRefused(now.refused) : "It was not saved.");
        return false;
      }
      const { settings } = now.settings;
      const answer = await ask({ ask: "applySettings", settings: { ...settings, rules: [...settings.rules, allowing(network, name, publicOnPurpose)] } });
      if (answer.kind === "settings") {
        tell("good", `${name === "" ? network : name} may send now. The next try of the device goes through.`);
        return true;
      }
      tell("bad", answer.kind === "problems" ? answer.problems.map(sayWrong).join(" ") : answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
      return false;
    },
    [ask, tell],
  );

  const dialog = open && <AllowPublic network={open.network} decide={open.decide} />;
  return { allow, dialog };
}

function AllowPublic({ network, decide }: { network: string; decide(yes: boolean): void }) {
  const [sure, setSure] = useState(false);
  return (
    <Dialog open onOpenChange={() => decide(false)}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Allow a public address?</DialogTitle>
          <DialogContent>
            <ConfirmWord network={network} onSure={setSure} />
          </DialogContent>
          <DialogActions>
            <Button onClick={() => decide(false)}>Cancel</Button>
            <Button appearance="primary" disabled={!sure} onClick={() => decide(true)}>
              Allow {network}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
