/**
 * Asks before a provider is removed: names what waits for it and where that will go, what leads to it, what is forgotten.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";

import styles from "./settings.module.css";

interface RemoveProviderProps {
  name: string;
  /** What goes along: sentences. */
  said: string[];
  onCancel(): void;
  onRemove(): void;
}

export function RemoveProvider({ name, said, onCancel, onRemove }: RemoveProviderProps) {
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Remove {name}?</DialogTitle>
          <DialogContent>
            <ul className={styles.losses}>
              {said.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
            <p>Nothing of this happens before you save.</p>
          </DialogContent>
          <DialogActions>
            <Button onClick={onCancel}>Keep it</Button>
            <Button appearance="primary" className="danger" onClick={onRemove}>
              Remove {name}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
