/**
 * The end of the setup: what to type into a scanner, and what still hinders it.
 */
import { ClosedPorts } from "../../forms/ClosedPorts";
import { FirewallCommand, PublicNetwork } from "../../forms/FirewallCommand";
import { KeepSending } from "../../forms/KeepSending";
import type { Machine } from "../../live/machine";
import { DeviceLines } from "../../mail/DeviceLines";
import { Notice } from "../../parts/Notice";
import { PageHead } from "../../parts/Page";

export function SummaryStep({ machine }: { machine: Machine }) {
  const firewall = machine.view?.firewall;
  return (
    <>
      <PageHead
        title="Outtray is ready"
        sub="Enter these lines in each scanner, printer or program. Then let it send something: it appears on the overview at once."
      />
      <ClosedPorts />
      {firewall && firewall.command !== null && (
        <Notice tone="warn" title="The firewall of this machine keeps devices out">
          <FirewallCommand firewall={firewall} onDone={machine.look} />
        </Notice>
      )}
      {firewall?.publicNetwork && (
        <Notice tone="warn" title="Devices do not get through to this machine">
          <PublicNetwork />
        </Notice>
      )}
      <DeviceLines printable />
      <KeepSending offerOnly />
    </>
  );
}
