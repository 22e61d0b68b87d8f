/**
 * Ports in force that could not be opened: nothing has to be changed for another try.
 */
import { Button } from "@fluentui/react-components";

import { useSnapshot } from "../live/provider";
import { Notice } from "../parts/Notice";
import { Section } from "../parts/Page";
import { useWindow } from "../window";
import { closedListeners, remedyLabel, sayListener } from "../words";
import styles from "./forms.module.css";

export function ClosedPorts() {
  const { listeners } = useSnapshot();
  const { mend } = useWindow();
  const closed = closedListeners(listeners);
  if (closed.length === 0) return null;
  return (
    <Section title="Not open" actions={<Button onClick={() => mend("tryListeners")}>{remedyLabel.tryListeners}</Button>}>
      <div className={styles.notices}>
        {closed.map((listener) => {
          const words = sayListener(listener);
          return (
            <Notice key={`${listener.address} ${listener.port}`} tone="bad" title={words.title} said={listener.problem?.said} saidLabel="The system’s own words">
              {words.advice}
            </Notice>
          );
        })}
      </div>
    </Section>
  );
}
