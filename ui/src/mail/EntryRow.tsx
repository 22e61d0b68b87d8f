/**
 * One message in two lines: who to whom and about what, how it is doing, and when.
 */
import { Checkmark12Filled } from "@fluentui/react-icons";
import { memo, type MouseEvent } from "react";

import type { EntryView } from "../bridge/bridge";
import { Address } from "../parts/Address";
import { Age, Ahead, When } from "../parts/Time";
import { ToneLabel } from "../parts/Tone";
import { useNow } from "../parts/clock";
import { count, kindLabel, sayHeld, sayProblem, size, stateWords, took } from "../words";
import styles from "./EntryList.module.css";

export type RowKind = "queue" | "history";

interface EntryRowProps {
  kind: RowKind;
  entry: EntryView | undefined;
  index: number;
  id: string | undefined;
  box: boolean;
  chosen: boolean;
  open: boolean;
  active: boolean;
  /** It no longer belongs here and goes at the next reading. */
  left: boolean;
  provider: string;
  /** Which providers it waits for or went through; null where there is only one. */
  lane: string | null;
  onClick(index: number, event: MouseEvent): void;
}

export const EntryRow = memo(function EntryRow({ kind, entry, index, id, box, chosen, open, active, left, provider, lane, onClick }: EntryRowProps) {
  const looks = [styles.grid, styles.row, box ? "" : styles.noBox, lane === null ? "" : styles.withLane, chosen ? styles.chosen : "", open ? styles.open : "", active ? styles.active : "", left ? styles.left : ""].join(" ");
  if (!entry) {
    return (
      <div role="row" aria-rowindex={index + 2} className={looks}>
        {box && <span role="gridcell" />}
        <span role="gridcell" className={styles.ghost} aria-label="is being read" />
        <span role="gridcell" className={styles.state} />
        {lane !== null && <span role="gridcell" className={styles.lane} />}
        <span role="gridcell" className={styles.size} />
        <span role="gridcell" className={styles.when} />
      </div>
    );
  }
  return (
    <div role="row" id={id} aria-rowindex={index + 2} aria-selected={box ? chosen : undefined} className={looks} onClick={(event) => onClick(index, event)}>
      {box && (
        <span role="gridcell" className={styles.boxCell} data-box="">
          <span className={styles.box} aria-hidden="true">
            {chosen && <Checkmark12Filled />}
          </span>
        </span>
      )}
      <span role="gridcell" className={styles.message}>
        <span className={styles.path}>
          <span className={styles.from}>
            <Address address={entry.sender} nobody="notice by Outtray" />
          </span>
          <span className={styles.arrow} aria-label="to">
            →
          </span>
          <Address address={entry.firstRecipient} />
          {entry.recipients > 1 && <span className={styles.more}>+{count(entry.recipients - 1)}</span>}
        </span>
        <span className={styles.subject}>
          <span className={styles.words}>
            {entry.subject === "" ? "(no subject)" : entry.subject}
            <span className={styles.device}> · {entry.clientName || entry.client || kindLabel[entry.kind]}</span>
          </span>
          {lane && <span className={styles.via}> · via {lane}</span>}
        </span>
      </span>
      <State entry={entry} provider={provider} />
      {lane !== null && (
        <span role="gridcell" className={styles.lane} title={lane}>
          {lane}
        </span>
      )}
      <span role="gridcell" className={styles.size}>
        {size(entry.size)}
      </span>
      {kind === "queue" ? <Waiting entry={entry} left={left} /> : <Accepted entry={entry} />}
    </div>
  );
});

function State({ entry, provider }: { entry: EntryView; provider: string }) {
  const words = stateWords[entry.state];
  const reason = entry.held && entry.held.kind !== "person" ? sayHeld(entry.held) : entry.problem ? sayProblem(entry.problem, provider).title : "";
  return (
    <span role="gridcell" className={styles.state}>
      <ToneLabel tone={words.tone} title={words.means}>
        {words.label}
      </ToneLabel>
      {reason !== "" && (
        <span className={styles.reason} title={reason}>
          {reason}
        </span>
      )}
    </span>
  );
}

function Waiting({ entry, left }: { entry: EntryView; left: boolean }) {
  return (
    <span role="gridcell" className={styles.when}>
      <Age at={entry.acceptedAt} />
      {!left && entry.nextAttempt !== null && (
        <span className={styles.second}>
          <NextTry at={entry.nextAttempt} />
        </span>
      )}
    </span>
  );
}

function NextTry({ at }: { at: number }) {
  const now = useNow(1000);
  if (at <= now) return <>due now</>;
  return (
    <>
      next <Ahead at={at} />
    </>
  );
}

function Accepted({ entry }: { entry: EntryView }) {
  return (
    <span role="gridcell" className={styles.when}>
      <When at={entry.acceptedAt} />
      {entry.settledAt !== null && <span className={styles.second}>took {took(entry.settledAt - entry.acceptedAt)}</span>}
    </span>
  );
}
