/**
 * How something is doing: an icon and a colour that support the words beside them.
 */
import {
  CheckmarkCircle16Filled,
  Clock16Filled,
  ErrorCircle16Filled,
  Info16Filled,
  PauseCircle20Filled,
  Warning16Filled,
} from "@fluentui/react-icons";
import type { ReactNode } from "react";

import type { Tone } from "../words";
import styles from "./Tone.module.css";

export function ToneIcon({ tone, paused = false }: { tone: Tone; paused?: boolean }) {
  return (
    <span className={`${styles.icon} ${styles[tone]}`} aria-hidden="true">
      {paused ? <PauseCircle20Filled /> : icons[tone]}
    </span>
  );
}

export function ToneLabel({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`${styles.label} ${styles[tone]}`} title={title}>
      {children}
    </span>
  );
}

const icons: Record<Tone, ReactNode> = {
  good: <CheckmarkCircle16Filled />,
  busy: <Clock16Filled />,
  warn: <Warning16Filled />,
  bad: <ErrorCircle16Filled />,
  quiet: <Info16Filled />,
};
