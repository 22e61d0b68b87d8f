/**
 * What becomes of each setting of the Windows SMTP service: was, becomes, or is not carried over and why.
 */
import { ArrowRight16Regular, Checkmark16Regular, Dismiss16Regular } from "@fluentui/react-icons";

import type { ImportFate, ImportPart, ImportRow } from "../bridge/bridge";
import { importPartTitle, many } from "../words";
import styles from "./ImportTable.module.css";

const fates: Record<ImportFate, { icon: typeof Checkmark16Regular; label: string }> = {
  carried: { icon: Checkmark16Regular, label: "the same here" },
  changed: { icon: ArrowRight16Regular, label: "in another form" },
  notCarried: { icon: Dismiss16Regular, label: "not carried over" },
};

export function ImportTable({ rows }: { rows: ImportRow[] }) {
  const parts = (Object.keys(importPartTitle) as ImportPart[]).filter((part) => rows.some((row) => row.part === part && !row.minor));
  const minor = rows.filter((row) => row.minor);
  return (
    <div className={styles.table}>
      {parts.map((part) => (
        <section key={part} aria-label={importPartTitle[part]}>
          <h3>{importPartTitle[part]}</h3>
          <List rows={rows.filter((row) => row.part === part && !row.minor)} />
        </section>
      ))}
      {minor.length > 0 && (
        <details>
          <summary>{many(minor.length, "setting")} nobody misses</summary>
          <List rows={minor} />
        </details>
      )}
    </div>
  );
}

function List({ rows }: { rows: ImportRow[] }) {
  return (
    <ul>
      {rows.map((row, index) => {
        const { icon: Icon, label } = fates[row.fate];
        return (
          <li key={`${row.setting} ${index}`} className={styles[row.fate]}>
            <Icon aria-hidden="true" />
            <div className={styles.setting}>{row.setting}</div>
            <div>
              <div>
                <span className={row.fate === "carried" ? "" : styles.was}>{row.was}</span>
                {row.becomes !== "" && row.becomes !== row.was && <> → {row.becomes}</>}
                <span className="spoken">, {label}</span>
              </div>
              {row.why !== "" && <div className={styles.why}>{row.why}</div>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
