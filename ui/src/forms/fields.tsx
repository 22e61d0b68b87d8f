/**
 * Number fields in the units people think in.
 */
import { Field, Input, Select, type FieldProps } from "@fluentui/react-components";
import { useState } from "react";

import styles from "./forms.module.css";

interface NumberFieldProps extends Pick<FieldProps, "validationMessage" | "validationState" | "hint"> {
  label: string;
  value: number;
  onChange(value: number): void;
  onLeave(): void;
  className?: string | undefined;
  unit?: string;
}

/** A whole number; while it is being typed it may be empty. */
export function NumberField({ label, value, onChange, onLeave, className, unit, ...state }: NumberFieldProps) {
  const [text, setText] = useState<string | null>(null);
  return (
    <Field label={label} className={className ?? ""} {...state}>
      <Input
        inputMode="numeric"
        value={text ?? String(value)}
        {...(unit === undefined ? {} : { contentAfter: <span className={styles.hint}>{unit}</span> })}
        onChange={(_, data) => {
          const digits = data.value.replace(/\D/g, "").slice(0, 12);
          setText(digits);
          if (digits !== "") onChange(Number(digits));
        }}
        onBlur={() => {
          setText(null);
          onLeave();
        }}
      />
    </Field>
  );
}

/** A whole number, or none. */
export function OptionalNumberField({ label, value, onChange, onLeave, unit, ...state }: Omit<NumberFieldProps, "value" | "onChange"> & { value: number | null; onChange(value: number | null): void }) {
  return (
    <Field label={label} {...state}>
      <Input
        inputMode="numeric"
        value={value === null ? "" : String(value)}
        onChange={(_, data) => {
          const digits = data.value.replace(/\D/g, "").slice(0, 9);
          onChange(digits === "" ? null : Number(digits));
        }}
        onBlur={onLeave}
        {...(unit === undefined ? {} : { contentAfter: <span className={styles.hint}>{unit}</span> })}
      />
    </Field>
  );
}

export function PortField(props: NumberFieldProps) {
  return <NumberField {...props} />;
}

const units = [
  { label: "seconds", seconds: 1 },
  { label: "minutes", seconds: 60 },
  { label: "hours", seconds: 3600 },
  { label: "days", seconds: 86_400 },
];

/** A length of time: number and unit. The unit stays while the number is typed. */
export function DurationField({ label, value, onChange, onLeave, zero, ...state }: NumberFieldProps & { zero?: string }) {
  const [unit, setUnit] = useState(() => largestUnit(value));
  const whole = value / unit;
  return (
    <Field label={label} {...state}>
      {(field) => (
        <span style={{ display: "flex", gap: 8 }}>
          <NumberInput {...field} value={whole} zero={zero} onChange={(n) => onChange(Math.round(n * unit))} onLeave={onLeave} />
          <Select
            aria-label={`${label}: unit`}
            value={String(unit)}
            onChange={(_, data) => {
              const next = Number(data.value);
              setUnit(next);
              onChange(Math.round(whole * next));
            }}
            onBlur={onLeave}
          >
            {units.map((each) => (
              <option key={each.seconds} value={each.seconds}>
                {each.label}
              </option>
            ))}
          </Select>
        </span>
      )}
    </Field>
  );
}

function NumberInput({ value, zero, onChange, onLeave, ...field }: { value: number; zero?: string | undefined; onChange(n: number): void; onLeave(): void }) {
  const [text, setText] = useState<string | null>(null);
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return (
    <Input
      {...field}
      style={{ width: 110, minWidth: 0 }}
      inputMode="decimal"
      value={text ?? shown}
      {...(zero !== undefined && value === 0 ? { contentAfter: <span className={styles.hint}>{zero}</span> } : {})}
      onChange={(_, data) => {
        const typed = data.value.replace(/[^\d.]/g, "").slice(0, 8);
        setText(typed);
        if (typed !== "" && Number.isFinite(Number(typed))) onChange(Number(typed));
      }}
      onBlur={() => {
        setText(null);
        onLeave();
      }}
    />
  );
}

/** The largest unit in which the value is a whole number. */
function largestUnit(seconds: number): number {
  if (seconds === 0) return 3600;
  return units.findLast((unit) => seconds % unit.seconds === 0)?.seconds ?? 1;
}
