/**
 * The state of the mail in one sentence, the button that mends it, and the provider it goes to.
 */
import { Button } from "@fluentui/react-components";

import { providerName } from "../forms/providers";
import { useAsk, useEngineState } from "../live/provider";
import { Mark } from "../parts/Mark";
import { ToneIcon } from "../parts/Tone";
import { useWindow, type Route } from "../window";
import { count, remedyLabel, sayRefused, sayState, userOf, type Sentence } from "../words";
import styles from "./frame.module.css";

export function TopBar({ route }: { route: Route }) {
  const { connection, snapshot } = useEngineState();
  const lane = snapshot?.lane;
  const name = lane ? providerName(lane.provider, lane.server) : "";
  const sentence = sayState(connection, snapshot, name);
  return (
    <header className={styles.bar}>
      <Mark />
      <div className={styles.state}>
        <ToneIcon tone={sentence.tone} paused={sentence.remedy === "resume"} />
        <div className={styles.sentence} role="status" aria-live="polite">
          <strong>{sentence.text}</strong>
          <span className={styles.detail}>{sentence.detail}</span>
        </div>
        {sentence.remedy && <Mend remedy={sentence.remedy} lane={sentence.lane} route={route} />}
      </div>
      {snapshot && lane && lane.state.kind !== "notSetUp" && <Provider name={name} snapshot={snapshot} />}
    </header>
  );
}

function Mend({ remedy, lane, route }: { remedy: NonNullable<Sentence["remedy"]>; lane: string | undefined; route: Route }) {
  const ask = useAsk();
  const { mend, tell } = useWindow();
  const resume = async () => {
    const answer = await ask(lane === undefined ? { ask: "resume" } : { ask: "lane", lane, act: "resume" });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  if (remedy === "resume") {
    return (
      <Button appearance="primary" size="small" onClick={() => void resume()}>
        Resume
      </Button>
    );
  }
  // The overview explains the same trouble at length, with the same button.
  if (route.page === "overview") return null;
  return (
    <Button size="small" onClick={() => mend(remedy, lane)}>
      {remedyLabel[remedy]}
    </Button>
  );
}

function Provider({ name, snapshot }: { name: string; snapshot: NonNullable<ReturnType<typeof useEngineState>["snapshot"]> }) {
  const { recipientsPerDay, recipientsToday } = snapshot.lane.pace;
  const signIn = snapshot.settings.settings.smartHost?.signIn;
  const parts = [
    name,
    userOf(signIn) || "no sign-in",
    recipientsPerDay !== null ? `${count(recipientsToday)} of ${count(recipientsPerDay)} in 24 h` : `${count(snapshot.counters.sent)} in 24 h`,
  ];
  return (
    <div className={styles.provider}>
      {parts.map((part, at) => (
        <span key={part} className={at === 1 ? styles.user : ""} title={at === 2 ? "Recipients handed over in the last 24 hours" : undefined}>
          {part}
        </span>
      ))}
    </div>
  );
}
