/**
 * Asks before mail is lost: names what, how much, and offers to tell the senders.
 */
import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useState } from "react";

import type { EntryView } from "../bridge/bridge";
import { count, many } from "../words";
import styles from "./ListPage.module.css";

interface DeleteDialogProps {
  /** How many messages. */
  n: number;
  /** Some of them, to name. */
  some: EntryView[];
  onCancel(): void;
  onDelete(tellSender: boolean): void;
}

const NAMED = 4;
/** Above this, notices would be a flood of their own: then they are offered and not proposed. */
const PROPOSE_TELLING = 20;

export function DeleteDialog({ n, some, onCancel, onDelete }: DeleteDialogProps) {
  const [tellSender, setTellSender] = useState(n <= PROPOSE_TELLING);
  const named = some.slice(0, NAMED);
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Delete {many(n, "message")}?</DialogTitle>
          <DialogContent>
            <p>{n === 1 ? "It has not been handed over. Its recipients will never get it, and it cannot be brought back." : "They have not been handed over. Their recipients will never get them, and they cannot be brought back."}</p>
            {named.length > 0 && (
              <ul className={styles.victims}>
                {named.map((entry) => (
                  <li key={entry.id}>
                    {entry.subject || "(no subject)"}, to {entry.firstRecipient}
                    {entry.recipients > 1 ? ` and ${entry.recipients - 1} more` : ""}
                  </li>
                ))}
                {n > named.length && <li>and {count(n - named.length)} more</li>}
              </ul>
            )}
            <Checkbox checked={tellSender} onChange={(_, { checked }) => setTellSender(checked === true)} label={n === 1 ? "Send the sender a non-delivery notice" : "Send each sender a non-delivery notice"} />
          </DialogContent>
          <DialogActions fluid>
            <Button onClick={onCancel}>Keep {n === 1 ? "it" : "them"}</Button>
            <Button appearance="primary" className="danger" onClick={() => onDelete(tellSender)}>
              Delete {many(n, "message")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
