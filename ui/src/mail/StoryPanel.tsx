/**
 * One message from the moment it came in: what happened, what comes next, and what can be done.
 */
import { Button, Spinner } from "@fluentui/react-components";
import { ArrowDownload16Regular, Copy16Regular, Delete16Regular, Dismiss20Regular, Pause16Regular, Play16Regular, Send16Regular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";

import type { EntryView, RecipientView, StoryView } from "../bridge/bridge";
import { providerOf } from "../forms/providers";
import { useAsk, useDesktop, useSnapshot } from "../live/provider";
import { useStory } from "../live/story";
import { Address } from "../parts/Address";
import { copyText } from "../parts/copy";
import { Said } from "../parts/Said";
import { Ahead } from "../parts/Time";
import { useNow } from "../parts/clock";
import { ToneLabel } from "../parts/Tone";
import { useWindow } from "../window";
import { dayAndClock, exactTime, kindLabel, many, sayHeld, sayProblem, sayRefused, shortId, size, stateWords } from "../words";
import { asText } from "./asText";
import { readContent } from "./content";
import { lanesOfEntry, useLanes, type Lanes } from "./lanes";
import styles from "./StoryPanel.module.css";
import { Timeline } from "./Timeline";

interface StoryPanelProps {
  id: string;
  onClose(): void;
  onDelete(entry: EntryView): void;
}

export function StoryPanel({ id, onClose, onDelete }: StoryPanelProps) {
  const { story, gone, failed } = useStory(id);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    // On the document: a button that was pressed may be gone, and the focus with it.
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("[role=dialog], [role=alertdialog]")) close.current();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return (
    <aside className={styles.panel} aria-label="Story of the message">
      <div className={styles.top}>
        <h2 title={story?.entry.subject}>{story ? story.entry.subject || "(no subject)" : " "}</h2>
        <Button appearance="subtle" icon={<Dismiss20Regular />} aria-label="Close the story" onClick={onClose} />
      </div>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Details">
        {gone ? (
          <p className="quiet">This message is not there any more.</p>
        ) : story ? (
          <Story story={story} onDelete={onDelete} />
        ) : failed ? (
          <p className="quiet">The engine gave no answer. The story comes as soon as it does.</p>
        ) : (
          <Spinner size="small" label="Reading its story" />
        )}
      </div>
    </aside>
  );
}

function Story({ story, onDelete }: { story: StoryView; onDelete(entry: EntryView): void }) {
  const { entry } = story;
  const lanes = useLanes();
  return (
    <>
      <div className={styles.addresses}>
        <Address address={entry.sender} nobody="Notice by Outtray" />
        <span className={styles.to}>
          <span aria-label="to">→</span> <Address address={entry.firstRecipient} />
          {entry.recipients > 1 && <span className="quiet">+{entry.recipients - 1}</span>}
        </span>
      </div>
      <Now story={story} />
      <Acts story={story} onDelete={onDelete} />
      {entry.problem && <Why entry={entry} provider={lanes.label(entry.lane)} card={lanes.provider(entry.lane)} />}
      <h3>What happened</h3>
      <Timeline steps={story.steps} held={entry.held} lanes={lanes} />
      {entry.recipients > 1 && <Recipients recipients={story.recipients} />}
      <Facts story={story} lanes={lanes} />
      {story.header && <Said words={story.header} label="Header of the message" />}
    </>
  );
}

function Now({ story }: { story: StoryView }) {
  const { entry } = story;
  const { paused, lane } = useSnapshot();
  const now = useNow(60_000);
  const words = stateWords[entry.state];
  const open = entry.settledAt === null;
  return (
    <div className={styles.now}>
      <ToneLabel tone={words.tone}>{words.label}</ToneLabel>
      <span>
        {open && entry.state !== "held" && paused && "Waits until delivery is resumed. "}
        {open && !paused && entry.nextAttempt !== null && (
          <>
            Next try <Ahead at={entry.nextAttempt} />.{" "}
          </>
        )}
        {open && !paused && entry.nextAttempt === null && entry.state === "queued" && lane.state.kind === "throttled" && (
          <>
            Goes out as soon as the provider can be reached, next try <Ahead at={lane.state.nextTry} />.{" "}
          </>
        )}
        {entry.held ? `${sayHeld(entry.held)} It waits until someone releases it.` : (!open || entry.state === "held") && words.means}
      </span>
      {open && (
        <p className={styles.clocks}>
          {story.delayNoticeAt !== null && <span title="If it still waits then, its sender is told.">Delay notice {dayAndClock(story.delayNoticeAt, now)} · </span>}
          <span title="If it still waits then, it is given up and its sender is told.">given up {dayAndClock(story.expiresAt, now)}</span>
        </p>
      )}
    </div>
  );
}

function Acts({ story, onDelete }: { story: StoryView; onDelete(entry: EntryView): void }) {
  const { entry } = story;
  const ask = useAsk();
  const { tell } = useWindow();
  const { saveFile } = useDesktop();
  const lanes = useLanes();
  const act = async (kind: "retry" | "hold" | "release") => {
    const answer = await ask({ ask: kind, which: { kind: "ids", ids: [entry.id] } });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  const save = async () => {
    const content = await readContent(ask, entry.id);
    if (typeof content === "string") tell("bad", content);
    else saveFile(`${(entry.subject || "message").replace(/[^\p{L}\p{N}._ -]/gu, "_").slice(0, 80)}.eml`, "message/rfc822", content);
  };
  const copy = async () => {
    const done = await copyText(asText(story, lanes));
    tell(done ? "good" : "warn", done ? "The story was copied as text." : "It could not be copied.");
  };
  const open = entry.settledAt === null;
  return (
    <div className={styles.acts}>
      {open && entry.state !== "held" && (
        <Button size="small" appearance="primary" icon={<Send16Regular />} onClick={() => void act("retry")}>
          Try now
        </Button>
      )}
      {open && entry.state === "held" && (
        <Button size="small" appearance="primary" icon={<Play16Regular />} onClick={() => void act("release")}>
          Release
        </Button>
      )}
      {open && entry.state !== "held" && (
        <Button size="small" icon={<Pause16Regular />} onClick={() => void act("hold")}>
          Hold
        </Button>
      )}
      {open && (
        <Button size="small" icon={<Delete16Regular />} onClick={() => onDelete(entry)}>
          Delete…
        </Button>
      )}
      {story.header !== null && (
        <Button size="small" icon={<ArrowDownload16Regular />} onClick={() => void save()}>
          Save as .eml
        </Button>
      )}
      <Button size="small" icon={<Copy16Regular />} title="The whole story as text, for a support case" onClick={() => void copy()}>
        Copy
      </Button>
    </div>
  );
}

function Why({ entry, provider, card }: { entry: EntryView; provider: string; card: string }) {
  if (!entry.problem) return null;
  const words = sayProblem(entry.problem, provider);
  return (
    <div className={styles.why}>
      <strong>{words.title}</strong>
      <p>{providerOf(card).advice[entry.problem.code] ?? words.advice}</p>
      {entry.problem.said && <Said words={entry.problem.said} />}
    </div>
  );
}

const SHOWN = 8;

function Recipients({ recipients }: { recipients: RecipientView[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? recipients : recipients.slice(0, SHOWN);
  return (
    <>
      <h3>{many(recipients.length, "recipient")}</h3>
      <ul className={styles.recipients}>
        {shown.map((recipient) => {
          const words = stateWords[recipient.state];
          return (
            <li key={recipient.address}>
              <Address address={recipient.address} />
              <ToneLabel tone={words.tone} title={recipient.reply ?? words.means}>
                {words.label}
              </ToneLabel>
            </li>
          );
        })}
      </ul>
      {recipients.length > SHOWN && (
        <Button size="small" appearance="subtle" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${recipients.length}`}
        </Button>
      )}
    </>
  );
}

function Facts({ story: { entry }, lanes }: { story: StoryView; lanes: Lanes }) {
  const through = lanesOfEntry(entry).map(lanes.label).join(", ");
  const device = [entry.clientName, entry.client].filter((part) => part !== "").join(", ");
  return (
    <dl className={styles.facts}>
      <dt>Device</dt>
      <dd>{device || kindLabel[entry.kind]}</dd>
      {lanes.several.length > 0 && through !== "" && (
        <>
          <dt>Provider</dt>
          <dd>{entry.settledAt === null ? `waits for ${through}` : through}</dd>
        </>
      )}
      <dt>Size</dt>
      <dd>{size(entry.size)}</dd>
      <dt>Accepted</dt>
      <dd>{exactTime(entry.acceptedAt)}</dd>
      <dt>Number</dt>
      <dd title={entry.id}>{shortId(entry.id)}</dd>
    </dl>
  );
}
