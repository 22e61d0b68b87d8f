/**
 * A trouble with its remedy: what happened, what it means, the buttons, the original words folded.
 */
import type { ReactNode } from "react";

import type { Tone } from "../words";
import styles from "./Notice.module.css";
import { Said } from "./Said";
import { ToneIcon } from "./Tone";

interface NoticeProps {
  tone: Tone;
  title: ReactNode;
  /** What it means, and what to do. */
  children?: ReactNode;
  said?: string | undefined;
  saidLabel?: string;
  actions?: ReactNode;
  /** The buttons stand below the words: there are many of them, or the words need the width. */
  below?: boolean;
}

export function Notice({ tone, title, children, said, saidLabel, actions, below = false }: NoticeProps) {
  return (
    <div className={`${styles.notice} ${styles[tone]} ${below ? styles.below : ""}`}>
      <div className={styles.icon}>
        <ToneIcon tone={tone} />
      </div>
      <div className={styles.words}>
        <h3>{title}</h3>
        {children && <div className={styles.text}>{children}</div>}
        {said && <Said words={said} {...(saidLabel === undefined ? {} : { label: saidLabel })} />}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
