/**
 * The end of the setup: what to type into a scanner.
 */
import { KeepSending } from "../../forms/KeepSending";
import { DeviceLines } from "../../mail/DeviceLines";
import { PageHead } from "../../parts/Page";

export function SummaryStep() {
  return (
    <>
      <PageHead
        title="Outtray is ready"
        sub="Enter these lines in each scanner, printer or program. Then let it send something: it appears on the overview at once."
      />
      <DeviceLines printable />
      <KeepSending offerOnly />
    </>
  );
}
