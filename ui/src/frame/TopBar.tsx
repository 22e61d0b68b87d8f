/**
 * The state of the mail in one sentence, and the provider it goes to.
 */
import { useEngineState } from "../live/provider";
import { providerName, providerOf } from "../forms/providers";
import { Mark } from "../parts/Mark";
import { ToneIcon } from "../parts/Tone";
import { count, sayState } from "../words";
import styles from "./frame.module.css";

export function TopBar() {
  const { link, snapshot } = useEngineState();
  const lane = snapshot?.lane;
  const name = lane ? providerName(lane.provider, lane.server) : "";
  const sentence = sayState(link, snapshot, name);
  return (
    <header className={styles.bar}>
      <Mark />
      <div className={styles.sentence} role="status" aria-live="polite">
        <ToneIcon tone={sentence.tone} paused={snapshot?.paused === true && sentence.text === "Delivery is paused"} />
        <strong>{sentence.text}</strong>
        <span className={styles.detail}>{sentence.detail}</span>
      </div>
      {snapshot && lane && lane.state.kind !== "notSetUp" && <Provider name={name} snapshot={snapshot} />}
    </header>
  );
}

function Provider({ name, snapshot }: { name: string; snapshot: NonNullable<ReturnType<typeof useEngineState>["snapshot"]> }) {
  const daily = providerOf(snapshot.lane.provider).dailyRecipients;
  const signIn = snapshot.settings.settings.smartHost?.signIn;
  const parts = [
    name,
    signIn?.kind === "password" ? signIn.user : "no sign-in",
    daily ? `${count(snapshot.counters.sent)} of ${count(daily)} in 24 h` : `${count(snapshot.counters.sent)} in 24 h`,
  ];
  return (
    <div className={styles.provider}>
      {parts.map((part, at) => (
        <span key={part} className={at === 1 ? styles.user : ""}>
          {part}
        </span>
      ))}
    </div>
  );
}
