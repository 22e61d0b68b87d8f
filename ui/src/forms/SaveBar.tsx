/**
 * What is not saved yet, at the foot of a page of settings, with the buttons that save or discard it; and the
 * question before it is left behind.
 */
import { Button, Link, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useWindow } from "../window";
import { sayWrong } from "./check";
import type { Draft } from "./draft";
import { useLeave } from "./leave";
import { isSame, placeOf, sayPlace, type Place } from "./places";
import styles from "./SaveBar.module.css";

/** `here` is what is in sight: mistakes elsewhere are told, with the way to them. */
export function SaveBar({ draft, here }: { draft: Draft; here: Place }) {
  const { go } = useWindow();
  const { changes, saved, busy, check } = draft;
  const leaving = useLeave({ what: changes, wrong: check.problems.length > 0, save: draft.save, saved: saved !== "" });
  if (changes.length === 0 && saved === "") return null;
  return (
    <div className={styles.bar} role="region" aria-label="Unsaved changes">
      {changes.length > 0 ? (
        <>
          <div className={styles.text} role="status">
            <strong>Not saved yet:</strong> {changes.join(", ")}
            {check.problems.map((problem) => {
              const place = placeOf(problem.field);
              if (isSame(place, here)) return null;
              return (
                <div key={problem.field} className={styles.wrong}>
                  {place ? <Link onClick={() => go(place)}>{sayPlace(place, here.page)}</Link> : problem.field}: {sayWrong(problem)}
                </div>
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
      {leaving}
    </div>
  );
}

export function Overtaken({ when }: { when: boolean }): ReactNode {
  if (!when) return null;
  return (
    <MessageBar layout="singleline" className={styles.overtaken ?? ""} intent="warning">
      <MessageBarBody>
        <MessageBarTitle>The settings were changed elsewhere meanwhile.</MessageBarTitle>
        Saving puts yours in their place; discarding shows the new ones.
      </MessageBarBody>
    </MessageBar>
  );
}
