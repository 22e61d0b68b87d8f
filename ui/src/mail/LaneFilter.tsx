/**
 * One provider to filter by; there only where there are several.
 */
import { Select } from "@fluentui/react-components";

import { useLanes } from "./lanes";
import styles from "./ListPage.module.css";

interface LaneFilterProps {
  /** Null: all. */
  chosen: string | null;
  onChange(chosen: string | null): void;
}

export function LaneFilter({ chosen, onChange }: LaneFilterProps) {
  const { several } = useLanes();
  if (several.length === 0) return null;
  return (
    <Select className={styles.provider ?? ""} size="small" aria-label="Filter by provider" value={chosen ?? ""} onChange={(_, { value }) => onChange(value === "" ? null : value)}>
      <option value="">All providers</option>
      {several.map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </Select>
  );
}
