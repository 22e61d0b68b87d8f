/**
 * In place of a list, or above it, when the engine could not give it.
 */
import { Button } from "@fluentui/react-components";

import type { LiveList } from "../live/list";
import { useEngineState } from "../live/provider";
import { Notice } from "../parts/Notice";
import styles from "./ListPage.module.css";

export function ListTrouble({ list }: { list: LiveList }) {
  const lost = useEngineState().link === "lost";
  // What was read before stays, and the top of the window says how old it is.
  if (lost ? list.total !== null : !list.failed) return null;
  return (
    <div className={styles.trouble} role="alert">
      <Notice tone="bad" title="The list could not be read" actions={!lost && <Button onClick={list.refresh}>Try again</Button>}>
        {lost ? "It comes by itself as soon as the engine answers." : `The engine gave no answer. ${list.total === null ? "The messages are safe." : "What is shown is from before."}`}
      </Notice>
    </div>
  );
}
