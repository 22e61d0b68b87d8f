/**
 * The steps of a message's story, the newest first.
 */
import type { HeldWhy, StoryStep } from "../bridge/bridge";
import { Said } from "../parts/Said";
import { When } from "../parts/Time";
import { ToneIcon } from "../parts/Tone";
import { sayHeld, sayProblem, sayStep, size, USUAL } from "../words";
import type { Lanes } from "./lanes";
import styles from "./StoryPanel.module.css";

interface TimelineProps {
  steps: StoryStep[];
  /** Why it is on hold now: the last step that put it there is explained by it. */
  held: HeldWhy | null;
  lanes: Lanes;
}

export function Timeline({ steps, held, lanes }: TimelineProps) {
  const lastHeld = held && steps.findLast((step) => step.what.kind === "held");
  return (
    <ol className={styles.timeline}>
      {steps.toReversed().map((step, at) => {
        const provider = lanes.label(step.lane);
        const { title, tone } = sayStep(step.what, provider);
        return (
          <li key={`${step.at} ${at}`}>
            <span className={styles.bead}>
              <ToneIcon tone={tone} />
            </span>
            <div>
              <div className={styles.stepHead}>
                <strong>{title}</strong>
                <When at={step.at} seconds />
              </div>
              <Detail step={step} provider={provider} />
              {held && step === lastHeld && <p>{sayHeld(held)}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** The server, and what it is called where there are several. */
function through({ lane }: StoryStep, server: string): string {
  return lane === null || lane === USUAL ? server : `${lane} (${server})`;
}

const TWICE = "It was sent again, because the answer to the time before was lost. The recipient may have it twice.";

function Detail({ step, provider }: { step: StoryStep; provider: string }) {
  const { what } = step;
  switch (what.kind) {
    case "accepted":
      return (
        <p>
          {what.client === "" ? "" : `${what.client} · `}
          {what.client === "" ? "" : what.tls ? `encrypted (${what.tls}) · ` : "not encrypted · "}
          {size(what.size)}
        </p>
      );
    case "sent":
      return (
        <>
          <p>
            {what.recipient} · {through(step, what.server)}
            {what.tls ? ` · encrypted (${what.tls})` : " · not encrypted"}
          </p>
          {what.again && <p>{TWICE}</p>}
          <Said words={what.reply} />
        </>
      );
    case "deferred":
      return (
        <>
          <p>
            {sayProblem(what.problem, provider).title} {what.recipient} · {through(step, what.server)}
          </p>
          <Said words={what.problem.said ?? ""} />
        </>
      );
    case "bounced":
      return (
        <>
          <p>
            {sayProblem(what.problem, provider).title} {through(step, what.server)}
          </p>
          <Said words={what.problem.said ?? ""} />
        </>
      );
    case "expired":
      return (
        <>
          <p>
            {what.recipient}
            {what.problem ? `. ${sayProblem(what.problem, provider).title}` : ""}
          </p>
          <Said words={what.problem?.said ?? ""} />
        </>
      );
    case "deleted":
      return <p>{what.recipient}</p>;
    case "delayNoticed":
    case "reported":
    case "confirmed":
    case "held":
    case "released":
    case "triedNow":
      return null;
  }
}
