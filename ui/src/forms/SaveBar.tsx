/**
 * What is not saved yet, at the foot of a page of settings, with the buttons that save or discard it.
 */
import { Button, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { sayWrong } from "./check";
import type { Draft } from "./draft";
import styles from "./SaveBar.module.css";

/** `whereIs` says where a field with a mistake is that is not in sight; null when it is. */
export function SaveBar({ draft, whereIs }: { draft: Draft; whereIs(field: string): string | null }) {
  const { changes, saved, busy, check } = draft;
  if (changes.length === 0 && saved === "") return null;
  return (
    <div className={styles.bar} role="region" aria-label="Unsaved changes">
      {changes.length > 0 ? (
        <>
          <div className={styles.text} role="status">
            <strong>Not saved yet:</strong> {changes.join(", ")}
            {check.problems.map((problem) => {
              const place = whereIs(problem.field);
              return (
                place && (
                  <div key={problem.field} className={styles.wrong}>
                    {place}: {sayWrong(problem)}
                  </div>
                )
              );
            })}
          </div>
          <Button onClick={draft.discard} disabled={busy}>
            Discard
          </Button>
          <Button appearance="primary" onClick={() => void draft.save()} disabled={busy || check.problems.length > 0}>
            Save
          </Button>
        </>
      ) : (
        <div className={styles.text} role="status">
          Saved and in force. The engine wrote it to <span className="mono">{saved}</span>.
        </div>
      )}
    </div>
  );
}

export function Overtaken({ when }: { when: boolean }): ReactNode {
  if (!when) return null;
  return (
    <MessageBar intent="warning">
      <MessageBarBody>
        <MessageBarTitle>The settings were changed elsewhere meanwhile.</MessageBarTitle>
        Saving puts yours in their place; discarding shows the new ones.
      </MessageBarBody>
    </MessageBar>
  );
}
