/**
 * The other side's own words, folded away until someone wants them.
 */
import { useState } from "react";

import styles from "./Said.module.css";

export function Said({ words, label = "The server’s own words", open = false }: { words: string; label?: string; open?: boolean }) {
  const [shown, setShown] = useState(open);
  if (words === "") return null;
  return (
    <details className={styles.said} open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{label}</summary>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={shown ? 0 : -1}>{words}</pre>
    </details>
  );
}
