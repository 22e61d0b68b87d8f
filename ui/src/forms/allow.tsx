/**
 * Lets one more device or network send: at once for private addresses, by a typed word for public ones.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useCallback, useState, type ReactNode } from "react";

import { allowing } from "../bridge/make";
import { readNetwork } from "../bridge/network";
import { isAllowed, rulesAllowing } from "../bridge/rules";
import { useAsk } from "../live/provider";
import { useWindow } from "../window";
import { sayRefused } from "../words";
import { sayWrong } from "./check";
import { ConfirmWord } from "./ConfirmWord";

interface Wanted {
  /** What is to be allowed: the device, or a network it is in. */
  network: string;
  name: string;
  /** The device that was refused. */
  address: string;
}

export function useAllow(): { allow(wanted: Wanted): Promise<boolean>; dialog: ReactNode } {
  const ask = useAsk();
  const { tell } = useWindow();
  const [open, setOpen] = useState<{ network: string; decide(yes: boolean): void } | null>(null);

  const allow = useCallback(
    async ({ network, name, address }: Wanted) => {
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
      const called = name === "" ? network : name;
      const rules = rulesAllowing(settings.rules, address, allowing(network, name, publicOnPurpose));
      if (rules === null) {
        const already = isAllowed(settings.rules, address);
        if (already) tell("good", `${called} may send by now: the rules have been changed.`);
        else tell("warn", `A rule of ${network} would leave nothing to others. Put the rules in order under Access.`);
        return already;
      }
      const answer = await ask({ ask: "applySettings", settings: { ...settings, rules } });
      if (answer.kind === "settings") {
        const place = rules.findIndex((rule) => rule.network === network);
        tell("good", `${called} may send now, by rule ${place + 1}. The next try of the device goes through.`);
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
