/**
 * What can be searched for in queue and history, each with an example that is tried by a click.
 */
import { Button, Popover, PopoverSurface, PopoverTrigger } from "@fluentui/react-components";
import { QuestionCircle20Regular } from "@fluentui/react-icons";

import styles from "./ListPage.module.css";

const helps: [example: string, meaning: string][] = [
  ["from:scanner@example.com", "sender"],
  ["to:example.org", "any recipient"],
  ["subject:invoice", "words of the subject"],
  ["client:10.0.0.41", "device, by address or name"],
  ["after:2026-11-01", "accepted on that day or later"],
  ["before:2026-11-30", "accepted before that day"],
];

export function SearchHelp({ onTry }: { onTry(text: string): void }) {
  return (
    <Popover withArrow trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<QuestionCircle20Regular />} aria-label="What can be searched" />
      </PopoverTrigger>
      <PopoverSurface aria-label="What can be searched">
        <p style={{ maxWidth: 420, marginBottom: 8 }}>Words are looked for in sender, recipients, subject, device and the servers’ answers; all of them must be found. These narrow it:</p>
        <dl className={styles.help}>
          {helps.map(([example, meaning]) => (
            <div key={example} style={{ display: "contents" }}>
              <dt>
                <Button size="small" appearance="subtle" onClick={() => onTry(example)}>
                  <code>{example}</code>
                </Button>
              </dt>
              <dd style={{ alignSelf: "center" }}>{meaning}</dd>
            </div>
          ))}
        </dl>
      </PopoverSurface>
    </Popover>
  );
}
