/**
 * What a person has to look at: troubles with their remedy, devices that were refused.
 */
import { Button } from "@fluentui/react-components";

import type { ListenerView, Problem, ProblemCode } from "../../bridge/bridge";
import { providerName, providerOf } from "../../forms/providers";
import { useDevices } from "../../live/devices";
import { useSnapshot } from "../../live/provider";
import { stillRefused } from "../../live/state";
import { GuessedPasswords } from "../../needs/GuessedPasswords";
import { HeldBursts } from "../../needs/HeldBursts";
import { RefusedDevices } from "../../needs/RefusedDevices";
import { Notice } from "../../parts/Notice";
import { Section } from "../../parts/Page";
import { Ahead } from "../../parts/Time";
import { meaningForMail, remedyLabel, sayLane, sayListener, sayProblem } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function NeedsYou() {
  const snapshot = useSnapshot();
  const { lane, notices, listeners, settings } = snapshot;
  const closed = listeners.filter((listener) => listener.problem);
  const refused = stillRefused(snapshot);
  const own = unique(notices);
  const bursts = own.some((problem) => problem.code === "burstHeld");
  const unread = settings.problems.length > 0 && !own.some((problem) => problem.code === "settingsUnreadable");
  if (lane.state.kind !== "throttled" && lane.state.kind !== "notSetUp" && own.length + closed.length + refused.length === 0 && !unread) return null;
  return (
    <Section title="Needs you">
      <div className={styles.needs}>
        {lane.state.kind === "notSetUp" && <OwnProblem problem={{ code: "notSetUp" }} />}
        {lane.state.kind === "throttled" && <LaneProblem problem={lane.state.problem} nextTry={lane.state.nextTry} />}
        {own
          .filter((problem) => problem.code !== "burstHeld")
          .map((problem) => (
            <OwnProblem key={`${problem.code} ${problem.subject ?? ""}`} problem={problem} />
          ))}
        {closed.map((listener) => (
          <ClosedPort key={`${listener.address} ${listener.port}`} listener={listener} />
        ))}
        {unread && <OwnProblem problem={{ code: "settingsUnreadable", subject: settings.path }} />}
        {bursts && <Bursts />}
        <RefusedDevices />
      </div>
    </Section>
  );
}

function LaneProblem({ problem, nextTry }: { problem: Problem; nextTry: number }) {
  const { lane, counters } = useSnapshot();
  const { mend } = useWindow();
  const words = sayLane(problem, providerName(lane.provider, lane.server));
  return (
    <Notice
      tone={problem.code === "throttled" || problem.code === "temporaryTrouble" ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      actions={
        <>
          {words.remedy && words.remedy !== "tryNow" && (
            <Button appearance="primary" onClick={() => words.remedy && mend(words.remedy)}>
              {remedyLabel[words.remedy]}
            </Button>
          )}
          <Button onClick={() => mend("tryNow")}>Try now</Button>
        </>
      }
    >
      <p>{providerOf(lane.provider).advice[problem.code] ?? words.advice}</p>
      <p>
        {meaningForMail(counters.waiting)} Outtray tries again <Ahead at={nextTry} />.
      </p>
    </Notice>
  );
}

/** Mail goes on, or what does not go on was never taken. */
const mild: ProblemCode[] = ["databaseSetAside", "settingsUnreadable", "certificateFileUnusable", "pickupFailed"];

function OwnProblem({ problem }: { problem: Problem }) {
  const { lane, settings } = useSnapshot();
  const { mend } = useWindow();
  if (problem.code === "passwordsGuessed") return <GuessedPasswords problem={problem} />;
  const words = sayProblem(problem, providerName(lane.provider, lane.server));
  return (
    <Notice
      tone={mild.includes(problem.code) ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      saidLabel="The system’s own words"
      actions={
        words.remedy && (
          <Button appearance="primary" onClick={() => words.remedy && mend(words.remedy)}>
            {remedyLabel[words.remedy]}
          </Button>
        )
      }
    >
      <p>{words.advice}</p>
      {problem.code === "settingsUnreadable" && settings.problems.length > 0 && (
        <ul className={styles.wrongs}>
          {settings.problems.map((wrong) => (
            <li key={wrong.field}>
              <code>{wrong.field}</code>: {wrong.wrong}; {wrong.remedy}.
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function ClosedPort({ listener }: { listener: ListenerView }) {
  const { mend } = useWindow();
  const words = sayListener(listener);
  return (
    <Notice
      tone="bad"
      title={words.title}
      said={listener.problem?.said}
      saidLabel="The system’s own words"
      actions={
        <>
          <Button appearance="primary" onClick={() => mend("openListening")}>
            {remedyLabel.openListening}
          </Button>
          <Button onClick={() => mend("tryListeners")}>{remedyLabel.tryListeners}</Button>
        </>
      }
    >
      <p>{words.advice}</p>
    </Notice>
  );
}

function Bursts() {
  const { devices, refresh } = useDevices();
  return <HeldBursts devices={devices ?? []} onDone={refresh} />;
}

function unique(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.code} ${problem.subject ?? ""}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
