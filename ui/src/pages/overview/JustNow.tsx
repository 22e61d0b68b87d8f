/**
 * The last things that happened, newest first; each opens its message's story.
 */
import { useSnapshot } from "../../live/provider";
import { Address } from "../../parts/Address";
import { Card, Section } from "../../parts/Page";
import { Ago } from "../../parts/Time";
import { ToneLabel } from "../../parts/Tone";
import { stateWords, took } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function JustNow() {
  const { recent } = useSnapshot();
  const { go } = useWindow();
  return (
    <Section title="Just now">
      <Card flush>
        {recent.length === 0 ? (
          <p style={{ padding: 16 }} className="quiet">
            What happens to each recipient appears here as it happens.
          </p>
        ) : (
          <table className={styles.lines}>
            <colgroup>
              <col className={styles.time} />
              <col className={styles.device} />
              <col />
              <col className={styles.state} />
              <col className={styles.took} />
            </colgroup>
            <thead className="spoken">
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Device</th>
                <th scope="col">From and to</th>
                <th scope="col">State</th>
                <th scope="col">Took</th>
              </tr>
            </thead>
            <tbody>
              {recent.slice(0, 10).map((line) => {
                const words = stateWords[line.state];
                return (
                  <tr key={`${line.message} ${line.recipient} ${line.at}`}>
                    <td className={styles.time}>
                      <Ago at={line.at} />
                    </td>
                    <td className={styles.device}>{line.client === "" ? "Outtray" : line.client}</td>
                    <td>
                      <button type="button" className={styles.path} onClick={() => go({ page: "history", open: line.message })}>
                        <Address address={line.sender} nobody="notice by Outtray" />
                        <span aria-label="to">→</span>
                        <Address address={line.recipient} />
                      </button>
                    </td>
                    <td className={styles.state}>
                      <ToneLabel tone={words.tone} title={words.means}>
                        {words.label}
                      </ToneLabel>
                    </td>
                    <td className={styles.took} title="From accepted to this state">
                      {took(line.tookMs)}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Card>
    </Section>
  );
}
