/**
 * Sends a real message and watches it go, step by step.
 */
import { Button, Field, Input, Spinner } from "@fluentui/react-components";
import { CheckmarkCircle16Filled, Circle16Regular, ErrorCircle16Filled, Send20Regular, Warning16Filled } from "@fluentui/react-icons";
import { useState, type Dispatch, type ReactNode } from "react";

import type { RecipientState, StoryView } from "../../bridge/bridge";
import { providerName, providerOf } from "../../forms/providers";
import { useAsk, useSnapshot } from "../../live/provider";
import { useStory } from "../../live/story";
import { PageHead } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { Ahead } from "../../parts/Time";
import { sayProblem, sayRefused, took } from "../../words";
import type { Draft, Move } from "./steps";
import styles from "./setup.module.css";
import formStyles from "../../forms/forms.module.css";

export function TestStep({ draft, make }: { draft: Draft; make: Dispatch<Move> }) {
  const ask = useAsk();
  const signIn = draft.settings.smartHost?.signIn;
  const usual = signIn?.kind === "password" && signIn.user.includes("@") ? signIn.user : "";
  const sender = draft.sender === "" ? usual : draft.sender;
  const [wrong, setWrong] = useState("");
  const send = async () => {
    setWrong("");
    const answer = await ask({ ask: "sendTest", sender, recipient: draft.recipient });
    if (answer.kind === "kept") make({ kind: "testSent", id: answer.id });
    else setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "The test message could not be made.");
  };
  return (
    <>
      <PageHead title="Send a test message" sub="It goes the same way as every message of a device." />
      <form
        className={formStyles.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div className={styles.pair}>
          <Field label="To" hint="Best an address outside of your office as well as one inside." {...(wrong ? { validationMessage: wrong, validationState: "error" as const } : {})}>
            <Input type="email" value={draft.recipient} placeholder="you@example.com" spellCheck={false} onChange={(_, { value }) => make({ kind: "recipient", recipient: value.trim() })} />
          </Field>
          <Field label="From" hint={providerOf(draft.settings.smartHost?.provider ?? "").conditions[0] ?? ""}>
            <Input type="email" value={sender} placeholder="scanner@example.com" spellCheck={false} onChange={(_, { value }) => make({ kind: "sender", sender: value.trim() })} />
          </Field>
        </div>
        <div>
          <Button type="submit" appearance={draft.testId ? "secondary" : "primary"} icon={<Send20Regular />} disabled={!draft.recipient.includes("@") || !sender.includes("@")}>
            {draft.testId ? "Send another" : "Send test message"}
          </Button>
        </div>
      </form>
      {draft.testId && <Journey id={draft.testId} recipient={draft.recipient} key={draft.testId} />}
    </>
  );
}

function Journey({ id, recipient }: { id: string; recipient: string }) {
  const { story } = useStory(id);
  const { lane } = useSnapshot();
  const name = providerName(lane.provider, lane.server);
  const state: RecipientState = story?.entry.state ?? "queued";
  const sending = lane.state.kind === "sending";
  const tried = state !== "queued";
  return (
    <ol className={styles.journey} aria-live="polite">
      <JourneyLine icon={story ? good : working} title="Kept on this machine" side={story ? "on disk" : ""} />
      <JourneyLine icon={tried ? good : working} title={tried || sending ? `Talked to ${name}` : `Waiting for ${name}`} todo={!story} />
      <Result state={state} story={story} name={name} sending={sending} recipient={recipient} />
    </ol>
  );
}

function Result({ state, story, name, sending, recipient }: { state: RecipientState; story: StoryView | null; name: string; sending: boolean; recipient: string }) {
  const problem = story?.entry.problem;
  const reply = story?.recipients[0]?.reply ?? "";
  switch (state) {
    case "queued":
      return <JourneyLine icon={sending ? working : todo} title={sending ? `Handing over to ${name}…` : `Hand over to ${name}`} todo={!sending} />;
    case "sent":
      return (
        <JourneyLine icon={good} title={`Handed over to ${name}`} side={story?.entry.settledAt ? took(story.entry.settledAt - story.entry.acceptedAt) : ""}>
          <p>Now look into the mailbox of {recipient}. If it is not there in a minute, look into its junk folder.</p>
          <Said words={reply} />
        </JourneyLine>
      );
    case "deferred":
    case "held":
      return (
        <JourneyLine icon={late} title={problem ? sayProblem(problem, name).title : "It waits"}>
          <p>{problem && sayProblem(problem, name).advice}</p>
          {story?.entry.nextAttempt && (
            <p>
              The message is kept. Next try <Ahead at={story.entry.nextAttempt} />.
            </p>
          )}
          <Said words={problem?.said ?? ""} open />
        </JourneyLine>
      );
    case "bounced":
    case "expired":
    case "deleted":
      return (
        <JourneyLine icon={bad} title={problem ? sayProblem(problem, name).title : "It was not handed over"}>
          <p>{problem && sayProblem(problem, name).advice}</p>
          <Said words={problem?.said ?? reply} open />
        </JourneyLine>
      );
  }
}

function JourneyLine({ icon, title, side, todo: isTodo, children }: { icon: ReactNode; title: string; side?: string; todo?: boolean; children?: ReactNode }) {
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
const todo = <Circle16Regular />;
const working = <Spinner size="extra-tiny" />;
