/**
 * States to filter by: none pressed means all.
 */
import { ToggleButton } from "@fluentui/react-components";

import type { RecipientState } from "../bridge/bridge";
import { count, stateWords } from "../words";
import styles from "./ListPage.module.css";

interface StateChipsProps {
  states: RecipientState[];
  chosen: RecipientState[];
  counts?: Partial<Record<RecipientState, number>>;
  onChange(chosen: RecipientState[]): void;
}

export function StateChips({ states, chosen, counts, onChange }: StateChipsProps) {
  const toggle = (state: RecipientState) => onChange(chosen.includes(state) ? chosen.filter((other) => other !== state) : [...chosen, state]);
  return (
    <div className={styles.chips} role="group" aria-label="Filter by state">
      {states.map((state) => (
        <ToggleButton key={state} size="small" shape="circular" checked={chosen.includes(state)} onClick={() => toggle(state)}>
          {stateWords[state].label}
          {counts?.[state] ? ` ${count(counts[state])}` : ""}
        </ToggleButton>
      ))}
    </div>
  );
}
