/**
 * One rule as a line: whom it is for, what it says, and the buttons that move, change and remove it.
 */
import { Button } from "@fluentui/react-components";
import { ArrowDown20Regular, ArrowUp20Regular, Delete20Regular, Edit20Regular, ReOrderDotsVertical20Regular } from "@fluentui/react-icons";

import type { AccessRule } from "../../bridge/bridge";
import { readNetwork, sayAddresses } from "../../bridge/network";
import dragStyles from "../../forms/drag.module.css";
import { orderKeys } from "../../forms/order";
import { ToneLabel } from "../../parts/Tone";
import { labelOf, sayConditions } from "../../words";
import styles from "./access.module.css";

interface RuleRowProps {
  rule: AccessRule;
  at: number;
  last: number;
  open: boolean;
  decides: boolean;
  onOpen(): void;
  /** `act` names the button that is to have the focus afterwards. */
  onMove(to: number, act: string): void;
  onRemove(): void;
}

export function RuleRow({ rule, at, last, open, decides, onOpen, onMove, onRemove }: RuleRowProps) {
  const label = labelOf(rule);
  const conditions = sayConditions(rule);
  const read = readNetwork(rule.network);
  const many = read && read.addresses > 1n ? ` · ${sayAddresses(read.addresses)}` : "";
  return (
    <div
      className={styles.line}
      onKeyDown={orderKeys(at, (_, to, { target }) => onMove(to, (target instanceof Element && target.closest("[data-act]")?.getAttribute("data-act")) || "change"))}
    >
      <span className={dragStyles.grip} aria-hidden="true" title="Drag to change the order, or press Alt with an arrow key in this row">
        <ReOrderDotsVertical20Regular />
      </span>
      <span className={styles.number}>{at + 1}</span>
      <div className={styles.what}>
        <div>
          <strong>{rule.name === "" ? rule.network || "New rule" : rule.name}</strong>
          <span className="quiet">
            {rule.name !== "" && ` ${rule.network}`}
            {many}
          </span>
        </div>
        <div className="quiet">{conditions === "" ? "may send anything to anybody" : conditions}</div>
      </div>
      <span className={styles.labels}>
        {decides && <ToneLabel tone="busy">decides</ToneLabel>}
        <ToneLabel tone={rule.action === "allow" ? "good" : "bad"}>{rule.action === "allow" ? "allowed" : "refused"}</ToneLabel>
      </span>
      <div className={styles.acts}>
        <Button appearance="subtle" icon={<ArrowUp20Regular />} data-act="up" aria-label={`Move ${label} up`} title="Move up" disabledFocusable={at === 0} onClick={() => onMove(at - 1, "up")} />
        <Button appearance="subtle" icon={<ArrowDown20Regular />} data-act="down" aria-label={`Move ${label} down`} title="Move down" disabledFocusable={at === last} onClick={() => onMove(at + 1, "down")} />
        <Button appearance="subtle" icon={<Edit20Regular />} data-act="change" aria-label={`Change ${label}`} title="Change" aria-expanded={open} onClick={onOpen} />
        <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${label}`} title="Remove" onClick={onRemove} />
      </div>
    </div>
  );
}
