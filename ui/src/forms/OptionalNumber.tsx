/**
 * A whole number that may be left out.
 */
import { Field, Input, type FieldProps } from "@fluentui/react-components";

import styles from "./forms.module.css";

interface OptionalNumberProps extends Pick<FieldProps, "validationMessage" | "validationState"> {
  label: string;
  value: number | null;
  unit?: string;
  onChange(value: number | null): void;
  onLeave(): void;
}

export function OptionalNumber({ label, value, unit, onChange, onLeave, ...state }: OptionalNumberProps) {
  return (
    <Field label={label} {...state}>
      <Input
        inputMode="numeric"
        value={value === null ? "" : String(value)}
        placeholder="no limit"
        {...(unit === undefined ? {} : { contentAfter: <span className={styles.hint}>{unit}</span> })}
        onChange={(_, data) => {
          const digits = data.value.replace(/\D/g, "").slice(0, 9);
          onChange(digits === "" ? null : Number(digits));
        }}
        onBlur={onLeave}
      />
    </Field>
  );
}
