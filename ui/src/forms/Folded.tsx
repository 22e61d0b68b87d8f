/**
 * Fields most people never need, folded away; open by itself while one of them is wrong.
 */
import { useState, type ReactNode } from "react";

import styles from "./forms.module.css";

interface FoldedProps {
  title: string;
  /** Whether it begins unfolded. */
  begin?: boolean;
  /** Unfolded whatever the person chose: something in it needs them. */
  open: boolean;
  children: ReactNode;
}

export function Folded({ title, begin = false, open, children }: FoldedProps) {
  const [chosen, setChosen] = useState(begin);
  return (
    <details className={styles.folded} open={chosen || open} onToggle={(event) => setChosen(event.currentTarget.open)}>
      {/* What is wrong is not folded away, not for a moment either. */}
      <summary onClick={(event) => open && event.preventDefault()}>{title}</summary>
      <div>{children}</div>
    </details>
  );
}
