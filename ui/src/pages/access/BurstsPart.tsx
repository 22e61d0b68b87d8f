/**
 * When a device that suddenly sends far more than usual is held.
 */
import { Switch } from "@fluentui/react-components";

import type { BurstSettings } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import type { Draft } from "../../forms/draft";
import { NumberField } from "../../forms/fields";
import { Card, Section } from "../../parts/Page";
import styles from "./access.module.css";

export function BurstsPart({ draft }: { draft: Draft }) {
  const { bursts } = draft.draft;
  const set = (part: Partial<BurstSettings>) => draft.change({ ...draft.draft, bursts: { ...bursts, ...part } });
  const number = (key: "timesTheUsual" | "leastPerHour" | "mostPerHour", label: string, hint: string) => (
    <NumberField label={label} hint={hint} value={bursts[key]} onChange={(value) => set({ [key]: value })} onLeave={draft.leave} {...fieldState(draft.check.problems, `bursts.${key}`)} />
  );
  return (
    <Section title="Unusual amounts" sub="A scanner that runs in a circle, or an account in wrong hands, must not get the office blocked at its provider. Its mail is taken, kept on hold, and shown under Devices: nothing is lost, and one click lets it go.">
      <Card>
        <Switch checked={bursts.hold} onChange={(_, { checked }) => set({ hold: checked })} label="Hold the mail of a device that suddenly sends far more than usual" />
        {bursts.hold && (
          <div className={styles.limits}>
            {number("timesTheUsual", "Times its busiest hour", "Of the last 14 days.")}
            {number("leastPerHour", "Never below, recipients an hour", "However quiet the device has been.")}
            {number("mostPerHour", "Always above, recipients an hour", "0: no such limit.")}
          </div>
        )}
      </Card>
    </Section>
  );
}
