/**
 * What a person has to look at: troubles with their remedy, devices that were refused.
 */
import { Button } from "@fluentui/react-components";

import type { LaneView, ListenerView, Problem, ProblemCode } from "../../bridge/bridge";
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
import { closedListeners, laneRemedy, meaningForMail, remedyLabel, sayLane, sayListener, sayProblem, stopsMail, USUAL } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function NeedsYou() {
  const snapshot = useSnapshot();
  const { lane, otherLanes, notices, listeners, settings } = snapshot;
  const closed = closedListeners(listeners);
  const refused = stillRefused(snapshot);
  const own = unique(notices);
  const bursts = own.some((problem) => problem.code === "burstHeld");
  const unread = settings.problems.length > 0 && !own.some((problem) => problem.code === "settingsUnreadable");
  const down = [lane, ...otherLanes].filter(({ state }) => state.kind === "throttled");
  if (down.length === 0 && lane.state.kind !== "notSetUp" && own.length + closed.length + refused.length === 0 && !unread) return null;
  return (
    <Section title="Needs you">
      <div className={styles.needs}>
        {lane.state.kind === "notSetUp" && <OwnProblem problem={{ code: "notSetUp" }} />}
        {down.map((each) => each.state.kind === "throttled" && <LaneProblem key={each.name} lane={each} problem={each.state.problem} nextTry={each.state.nextTry} />)}
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

function LaneProblem({ lane, problem, nextTry }: { lane: LaneView; problem: Problem; nextTry: number }) {
  const { counters, otherLanes } = useSnapshot();
  const { mend } = useWindow();
  const usual = lane.name === USUAL;
  const provider = providerName(lane.provider, lane.server);
  const words = sayLane(problem, usual ? provider : `${provider} (${lane.name})`);
  const remedy = laneRemedy(lane, words.remedy);
  return (
    <Notice
      tone={lane.failedOver || problem.code === "throttled" || problem.code === "temporaryTrouble" ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      actions={
        <>
          {remedy && remedy !== "tryNow" && (
            <Button appearance="primary" onClick={() => mend(remedy, lane.name)}>
              {remedyLabel[remedy]}
            </Button>
          )}
          <Button onClick={() => mend("tryNow", otherLanes.length === 0 ? undefined : lane.name)}>{remedyLabel.tryNow}</Button>
        </>
      }
    >
      <p>{providerOf(lane.provider).advice[problem.code] ?? words.advice}</p>
      <p>
        {lane.failedOver ? "Its mail goes through the next provider of its order." : meaningForMail(otherLanes.length === 0 ? counters.waiting : lane.waiting)} Outtray tries again <Ahead at={nextTry} />.
      </p>
    </Notice>
  );
}

/** Mail goes on, or what does not go on was never taken. */
const mild: ProblemCode[] = ["databaseSetAside", "settingsUnreadable", "certificateFileUnusable", "certificateEnds", "appSecretEnds", "pickupFailed"];

function OwnProblem({ problem }: { problem: Problem }) {
  const { lane, settings, counters, engine } = useSnapshot();
  const { mend } = useWindow();
  if (problem.code === "passwordsGuessed") return <GuessedPasswords problem={problem} />;
  const words = sayProblem(problem, providerName(lane.provider, lane.server));
  const folder = problem.code === "databaseSetAside" ? (problem.subject ?? engine.dataFolder) : engine.dataFolder;
  const about = words.remedy === "copyFolder" ? folder : words.remedy === "openSettings" ? problem.subject : undefined;
  return (
    <Notice
      tone={mild.includes(problem.code) ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      saidLabel="The system’s own words"
      actions={
        words.remedy && (
          <Button appearance="primary" onClick={() => words.remedy && mend(words.remedy, about)}>
            {remedyLabel[words.remedy]}
          </Button>
        )
      }
    >
      <p>{words.advice}</p>
      {words.remedy === "copyFolder" && problem.code !== "databaseSetAside" && (
        <p>
          Mail lies in <span className={`mono ${styles.where}`}>{engine.dataFolder}</span>.
        </p>
      )}
      {stopsMail.has(problem.code) && <p>{meaningForMail(counters.waiting)}</p>}
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
