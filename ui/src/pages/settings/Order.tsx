/**
 * Providers in the order in which they are used, changed with buttons or with Alt and an arrow key.
 */
import { Button, Field, Select } from "@fluentui/react-components";
import { ArrowDown20Regular, ArrowUp20Regular, Delete20Regular } from "@fluentui/react-icons";

import type { SettingsProblem } from "../../bridge/bridge";
import { sayWrong } from "../../forms/check";
import { moved, orderKeys } from "../../forms/order";
import styles from "./settings.module.css";

export function OrderButtons({ label, at, last, onMove }: { label: string; at: number; last: number; onMove(to: number): void }) {
  return (
    <>
      <Button appearance="subtle" icon={<ArrowUp20Regular />} aria-label={`Move ${label} up`} title="Move up" disabledFocusable={at === 0} onClick={() => onMove(at - 1)} />
      <Button appearance="subtle" icon={<ArrowDown20Regular />} aria-label={`Move ${label} down`} title="Move down" disabledFocusable={at === last} onClick={() => onMove(at + 1)} />
    </>
  );
}

interface OrderProps {
  label: string;
  names: readonly string[];
  known: readonly string[];
  say(name: string): string;
  problems: SettingsProblem[];
  field: string;
  onChange(names: string[]): void;
}

export function Order({ label, names, known, say, problems, field, onChange }: OrderProps) {
  const left = known.filter((name) => !names.includes(name));
  const wrong = problems.filter((problem) => problem.field === field || problem.field.startsWith(`${field}[`));
  const move = (from: number, to: number) => {
    if (to >= 0 && to < names.length) onChange(moved(names, from, to));
  };
  return (
    <div role="group" aria-label={label}>
      <ol className={styles.order}>
        {names.map((name, at) => (
          <li key={name} className={styles.line} onKeyDown={orderKeys(at, move)}>
            <div>
              {at === 0 ? "First " : "else "}
              <strong>{say(name)}</strong>
            </div>
            <div className={styles.acts}>
              <OrderButtons label={say(name)} at={at} last={names.length - 1} onMove={(to) => move(at, to)} />
              <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Take ${say(name)} out of the order`} title="Take out" disabledFocusable={names.length === 1} onClick={() => names.length > 1 && onChange(names.filter((other) => other !== name))} />
            </div>
          </li>
        ))}
      </ol>
      {wrong.map((problem) => (
        <p key={problem.field} role="alert" className={styles.wrong}>
          {problem.value === "" ? sayWrong(problem) : `${problem.value}: ${sayWrong(problem)}`}
        </p>
      ))}
      {left.length > 0 && (
        <Field label="When these are down" style={{ maxWidth: 320 }}>
          <Select value="" onChange={(_, { value }) => value !== "" && onChange([...names, value])}>
            <option value="">Add a provider…</option>
            {left.map((name) => (
              <option key={name} value={name}>
                {say(name)}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </div>
  );
}
