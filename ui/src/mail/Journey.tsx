/**
 * One test message on its way, step by step as it happens, and what holds it up.
 */
import { Button } from "@fluentui/react-components";
import { CheckmarkCircle16Filled, Circle16Regular, ErrorCircle16Filled, PauseCircle16Filled, Warning16Filled } from "@fluentui/react-icons";
import { useEffect, useRef, type ReactNode } from "react";

import type { Problem, StoryView } from "../bridge/bridge";
import { providerName, providerOf } from "../forms/providers";
import { useSnapshot } from "../live/provider";
import { useStory } from "../live/story";
import { Said } from "../parts/Said";
import { Ahead } from "../parts/Time";
import { Working } from "../parts/Working";
import { remedyLabel, sayProblem, took, type Remedy } from "../words";
import styles from "./Journey.module.css";

interface JourneyProps {
  id: string;
  recipient: string;
  /** What the button beside a trouble does. */
  onMend(remedy: Remedy): void;
}

export function Journey({ id, recipient, onMend }: JourneyProps) {
  const { story } = useStory(id);
  const { lane, paused } = useSnapshot();
  const name = providerName(lane.provider, lane.server) || "the mail provider";
  const state = story?.entry.state ?? "queued";
  const tried = state !== "queued";
  const talks = tried || lane.state.kind === "sending";
  // A way out that rests holds every message, and charges none of them a try.
  const stuck = state === "queued" && !paused && lane.state.kind === "throttled" ? lane.state : null;
  const lines = useRef<HTMLOListElement>(null);
  const seen = `${state} ${paused} ${stuck !== null}`;
  // The newest line stays in sight, in a low window too.
  useEffect(() => {
    lines.current?.scrollIntoView?.({ block: "nearest" });
  }, [seen]);
  return (
    <ol ref={lines} className={styles.journey} aria-live="polite">
      <Line icon={story ? good : working} title="Kept on this machine" side={story ? "on disk" : ""} />
      {paused && !tried ? (
        <Line icon={still} title="Delivery is paused">
          <p>It waits here, and goes out as soon as you resume.</p>
        </Line>
      ) : stuck ? (
        <Line icon={late} title={sayProblem(stuck.problem, name).title}>
          <Trouble problem={stuck.problem} name={name} />
          <p>
            The message is kept. Next try <Ahead at={stuck.nextTry} />.
          </p>
          <Mend problem={stuck.problem} name={name} onMend={onMend} />
        </Line>
      ) : (
        <>
          <Line icon={tried ? good : working} title={talks ? `Talked to ${name}` : `Waiting for ${name}`} todo={!story} />
          <Result story={story} name={name} sending={lane.state.kind === "sending"} recipient={recipient} />
        </>
      )}
    </ol>
  );
}

function Result({ story, name, sending, recipient }: { story: StoryView | null; name: string; sending: boolean; recipient: string }) {
  const problem = story?.entry.problem;
  const reply = story?.recipients[0]?.reply ?? "";
  switch (story?.entry.state) {
    case undefined:
    case "queued":
      return <Line icon={sending ? working : todo} title={sending ? `Handing over to ${name}…` : `Hand over to ${name}`} todo={!sending} />;
    case "sent":
      return (
        <Line icon={good} title={`Handed over to ${name}`} side={story?.entry.settledAt ? took(story.entry.settledAt - story.entry.acceptedAt) : ""}>
          <p>Now look into the mailbox of {recipient}. If it is not there in a minute, look into its junk folder.</p>
          <Said words={reply} />
        </Line>
      );
    case "held":
      return (
        <Line icon={still} title="On hold">
          <p>It waits here until someone releases it in the queue.</p>
        </Line>
      );
    case "deferred":
      return (
        <Line icon={late} title={problem ? sayProblem(problem, name).title : "It waits"}>
          {problem && <Trouble problem={problem} name={name} />}
          {story?.entry.nextAttempt && (
            <p>
              The message is kept. Next try <Ahead at={story.entry.nextAttempt} />.
            </p>
          )}
        </Line>
      );
    case "bounced":
    case "expired":
    case "deleted":
      return (
        <Line icon={bad} title={problem ? sayProblem(problem, name).title : "It was not handed over"}>
          {problem ? <Trouble problem={problem} name={name} /> : <Said words={reply} open />}
        </Line>
      );
  }
}

function Trouble({ problem, name }: { problem: Problem; name: string }) {
  const { lane } = useSnapshot();
  return (
    <>
      <p>{providerOf(lane.provider).advice[problem.code] ?? sayProblem(problem, name).advice}</p>
      <Said words={problem.said ?? ""} open />
    </>
  );
}

function Mend({ problem, name, onMend }: { problem: Problem; name: string; onMend(remedy: Remedy): void }) {
  const { remedy } = sayProblem(problem, name);
  return (
    <div className={styles.mend}>
      {remedy && remedy !== "tryNow" && (
        <Button size="small" onClick={() => onMend(remedy)}>
          {remedyLabel[remedy]}
        </Button>
      )}
      <Button size="small" onClick={() => onMend("tryNow")}>
        {remedyLabel.tryNow}
      </Button>
    </div>
  );
}

function Line({ icon, title, side, todo: isTodo, children }: { icon: ReactNode; title: string; side?: string; todo?: boolean; children?: ReactNode }) {
  return (
    <li className={isTodo ? styles.todo : ""}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <div>
        <b>{title}</b>
        {children}
      </div>
      <span className="quiet">{side}</span>
    </li>
  );
}

const good = <CheckmarkCircle16Filled color="var(--colorStatusSuccessForeground1)" />;
const bad = <ErrorCircle16Filled color="var(--colorPaletteRedForeground1)" />;
const late = <Warning16Filled color="var(--colorStatusWarningForeground1)" />;
const still = <PauseCircle16Filled color="var(--colorStatusWarningForeground1)" />;
const todo = <Circle16Regular />;
const working = <Working size="extra-tiny" />;
