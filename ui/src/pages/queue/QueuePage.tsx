/**
 * What waits, live: filter, select, try, hold, release, delete; and the story of one.
 */
import { Button, SearchBox } from "@fluentui/react-components";
import { Delete16Regular, Dismiss16Regular, MailInboxCheckmark24Regular, Pause16Regular, Pause20Regular, Play16Regular, Play20Regular, Search24Regular, Send16Regular } from "@fluentui/react-icons";
import { useDeferredValue, useMemo, useState } from "react";

import type { EntryFilter, EntryView, RecipientState, Selection } from "../../bridge/bridge";
import { providerName } from "../../forms/providers";
import { useLiveList } from "../../live/list";
import { useAsk, useEvents, useSnapshot } from "../../live/provider";
import { asSelection, everything, howMany, isChosen, nothing, only, without, type Chosen } from "../../mail/chosen";
import { DeleteDialog } from "../../mail/DeleteDialog";
import { EntryList } from "../../mail/EntryList";
import styles from "../../mail/ListPage.module.css";
import { useLanes } from "../../mail/lanes";
import { LaneFilter } from "../../mail/LaneFilter";
import { DeviceFilter } from "../../mail/DeviceFilter";
import { ListTrouble } from "../../mail/ListTrouble";
import { SearchHelp } from "../../mail/SearchHelp";
import { StateChips } from "../../mail/StateChips";
import { StoryPanel } from "../../mail/StoryPanel";
import { Empty, PageHead } from "../../parts/Page";
import { Ahead } from "../../parts/Time";
import { useWindow } from "../../window";
import { count, many, queueStates, sayRefused } from "../../words";

export function QueuePage({ open, text: begin }: { open?: string | undefined; text?: string | undefined }) {
  const ask = useAsk();
  const { tell } = useWindow();
  const { paused, counters } = useSnapshot();
  const [text, setText] = useState(begin ?? "");
  const [states, setStates] = useState<RecipientState[]>([]);
  const [chosenLane, setChosenLane] = useState<string | null>(null);
  const lanes = useLanes();
  // One that is gone filters nothing.
  const lane = lanes.several.some(({ name }) => name === chosenLane) ? chosenLane : null;
  const searched = useDeferredValue(text);
  const filter = useMemo<EntryFilter>(() => ({ text: searched, states, lane }), [searched, states, lane]);
  const list = useLiveList("queue", filter);
  const [chosen, setChosen] = useState<Chosen>(() => (open ? only(open, 0) : nothing));
  const [openId, setOpenId] = useState<string | null>(open ?? null);
  const [deleting, setDeleting] = useState<{ which: Selection; n: number; some: EntryView[] } | null>(null);

  useEvents((events) => {
    const gone = events.flatMap(({ fact }) => (fact.kind === "queueLeft" ? fact.entries.map((entry) => entry.id) : []));
    if (gone.length > 0) setChosen((before) => without(before, gone));
  });

  const total = list.total ?? 0;
  const n = howMany(chosen, total);
  const act = async (kind: "retry" | "hold" | "release", done: string) => {
    const answer = await ask({ ask: kind, which: asSelection(chosen, filter) });
    if (answer.kind === "count") tell("good", `${many(answer.count, "message")} ${done}.`);
    else if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  const askDelete = () => {
    if (n === 0) return;
    const some = [...list.rows.pages.values()].flat().filter((entry) => isChosen(chosen, entry));
    setDeleting({ which: asSelection(chosen, filter), n, some });
  };
  const remove = async (which: Selection, tellSender: boolean) => {
    setDeleting(null);
    const answer = await ask({ ask: "delete", which, tellSender });
    if (answer.kind === "count") {
      setChosen(nothing);
      setOpenId(null);
      // What one has deleted oneself goes at once, wherever the pointer is.
      list.refresh();
      tell("good", `${many(answer.count, "message")} deleted.`);
    } else if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  const change = (next: { text?: string; states?: RecipientState[]; lane?: string | null }) => {
    if (next.text !== undefined) setText(next.text);
    if (next.states !== undefined) setStates(next.states);
    if (next.lane !== undefined) setChosenLane(next.lane);
    setChosen(nothing);
  };
  const filtering = filter.text !== "" || states.length > 0 || lane !== null;

  return (
    <>
      <PageHead title="Queue" sub={<QueueSentence />} actions={<PauseButton paused={paused} />} />
      <div className={styles.tools}>
        <SearchBox
          className={`${styles.search} ${n > 0 ? styles.yields : ""}`}
          placeholder="Find in the queue"
          aria-label="Find in the queue"
          value={text}
          onChange={(_, { value }) => change({ text: value })}
        />
        {n > 0 ? (
          <>
            <strong role="status">{chosen.allUntil === null ? `${count(n)} selected` : `All ${count(n)} selected`}</strong>
            <Button size="small" icon={<Send16Regular />} onClick={() => void act("retry", "will be tried now")}>
              Try now
            </Button>
            <Button size="small" icon={<Pause16Regular />} onClick={() => void act("hold", "put on hold")}>
              Hold
            </Button>
            <Button size="small" icon={<Play16Regular />} onClick={() => void act("release", "released")}>
              Release
            </Button>
            <Button size="small" icon={<Delete16Regular />} onClick={askDelete}>
              Delete…
            </Button>
            <Button size="small" appearance="subtle" icon={<Dismiss16Regular />} onClick={() => setChosen(nothing)}>
              Clear
            </Button>
            {chosen.allUntil === null && total > n && (
              <Button size="small" appearance="subtle" onClick={() => setChosen(everything(Date.now()))}>
                Select all {count(total)}
                {filtering ? " that match" : ""}
              </Button>
            )}
          </>
        ) : (
          <>
            <SearchHelp onTry={(next) => change({ text: next })} />
            <StateChips states={queueStates} chosen={states} counts={{ deferred: counters.deferred, held: counters.held, queued: counters.waiting - counters.deferred - counters.held }} onChange={(next) => change({ states: next })} />
            <DeviceFilter text={text} onChange={(next) => change({ text: next })} />
            <LaneFilter chosen={lane} onChange={(next) => change({ lane: next })} />
            <span className={styles.found} role="status">
              {filtering && list.total !== null ? `${many(total, "message")} found` : ""}
            </span>
          </>
        )}
      </div>
      <ListTrouble list={list} />
      <div className={styles.body}>
        {list.total === 0 ? (
          <div className={styles.empty}>
            {filtering ? (
              <Empty icon={<Search24Regular />} title="Nothing in the queue matches" actions={<Button onClick={() => change({ text: "", states: [], lane: null })}>Show all</Button>} />
            ) : (
              <Empty icon={<MailInboxCheckmark24Regular />} title="The queue is empty">
                Every message has been handed over or settled. What devices send appears here until your provider has it, mostly for less than a second.
              </Empty>
            )}
          </div>
        ) : (
          <EntryList
            kind="queue"
            label="Queue"
            list={list}
            openId={openId}
            onOpen={setOpenId}
            selecting={{ chosen, onChosen: setChosen, onAll: () => setChosen(everything(Date.now())), onDelete: askDelete }}
          />
        )}
        {openId && (
          <StoryPanel id={openId} key={openId} onClose={() => setOpenId(null)} onDelete={(entry) => setDeleting({ which: { kind: "ids", ids: [entry.id] }, n: 1, some: [entry] })} />
        )}
      </div>
      {deleting && <DeleteDialog n={deleting.n} some={deleting.some} onCancel={() => setDeleting(null)} onDelete={(tellSender) => void remove(deleting.which, tellSender)} />}
    </>
  );
}

function QueueSentence() {
  const { counters, lane, otherLanes, paused } = useSnapshot();
  const name = (otherLanes.length === 0 && providerName(lane.provider, lane.server)) || (otherLanes.length === 0 ? "the mail provider" : "the mail providers");
  const waiting = counters.waiting - counters.held;
  const held = counters.held > 0 ? ` ${many(counters.held, "is", "are")} on hold.` : "";
  if (counters.waiting === 0) return <>Nothing is waiting.</>;
  if (waiting === 0) return <>{many(counters.held, "message is", "messages are")} on hold.</>;
  return (
    <>
      {many(waiting, "message waits", "messages wait")} for {name}.{held} {paused && "Delivery is paused."}
      {!paused && lane.state.kind === "throttled" && (
        <>
          Next try <Ahead at={lane.state.nextTry} />.
        </>
      )}
    </>
  );
}

function PauseButton({ paused }: { paused: boolean }) {
  const ask = useAsk();
  const { tell } = useWindow();
  const turn = async () => {
    const answer = await ask({ ask: paused ? "resume" : "pause" });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  return (
    <Button
      icon={paused ? <Play20Regular /> : <Pause20Regular />}
      appearance={paused ? "primary" : "secondary"}
      title={paused ? "Hand over mail again" : "Stop handing over; devices can still send"}
      onClick={() => void turn()}
    >
      {paused ? "Resume delivery" : "Pause delivery"}
    </Button>
  );
}
