/**
 * What a person has to look at: troubles with their remedy, devices that were refused.
 */
import { Button } from "@fluentui/react-components";

import type { LaneView, ListenerView, Problem, ProblemCode } from "../../bridge/bridge";
import { providerName, providerOf } from "../../forms/providers";
import { useDevices } from "../../live/devices";
import { useAsk, useSnapshot } from "../../live/provider";
import { stillRefused } from "../../live/state";
import { GuessedPasswords } from "../../needs/GuessedPasswords";
import { HeldBursts } from "../../needs/HeldBursts";
import { RefusedDevices } from "../../needs/RefusedDevices";
import { Notice } from "../../parts/Notice";
import { Section } from "../../parts/Page";
import { Ahead } from "../../parts/Time";
import { meaningForMail, remedyLabel, sayLane, sayListener, sayProblem, sayRefused, USUAL } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function NeedsYou() {
  const snapshot = useSnapshot();
  const { lane, otherLanes, notices, listeners, settings } = snapshot;
  const closed = listeners.filter((listener) => listener.problem);
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
  const { mend, go, tell } = useWindow();
  const ask = useAsk();
  const usual = lane.name === USUAL;
  const provider = providerName(lane.provider, lane.server);
  const words = sayLane(problem, usual ? provider : `${provider} (${lane.name})`);
  const tryNow = async () => {
    if (usual && otherLanes.length === 0) return mend("tryNow");
    const answer = await ask({ ask: "lane", lane: lane.name, act: "tryNow" });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
    else tell("quiet", "Trying now.");
  };
  return (
    <Notice
      tone={lane.failedOver || problem.code === "throttled" || problem.code === "temporaryTrouble" ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      actions={
        <>
          {words.remedy && words.remedy !== "tryNow" && (usual || words.remedy.startsWith("open")) && (
            <Button appearance="primary" onClick={() => words.remedy && (usual ? mend(words.remedy) : go({ page: "settings", part: "routes" }))}>
              {remedyLabel[words.remedy]}
            </Button>
          )}
          <Button onClick={() => void tryNow()}>Try now</Button>
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
