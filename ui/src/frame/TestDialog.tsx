/**
 * A test message from anywhere: the tray, the overview.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";

import { SendTest } from "../mail/SendTest";

export function TestDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Send a test message</DialogTitle>
          <DialogContent>
            <p className="quiet" style={{ marginBottom: 12 }}>
              It goes the same way as every message of a device, and you see here how far it gets.
            </p>
            <SendTest onLeave={onClose} />
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
