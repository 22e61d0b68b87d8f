/**
 * What became of every message: search, filter, open its story, take it along as a table.
 */
import { Button, SearchBox } from "@fluentui/react-components";
import { ArrowDownload20Regular, History24Regular, Search24Regular } from "@fluentui/react-icons";
import { useDeferredValue, useMemo, useRef, useState } from "react";

import type { EntryFilter, EntryView, RecipientState } from "../../bridge/bridge";
import { useLiveList } from "../../live/list";
import { useAsk, useDesktop, useSnapshot } from "../../live/provider";
import { exportCsv } from "../../mail/csv";
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
import { useWindow } from "../../window";
import { allStates, count, many, sayRefused } from "../../words";

export function HistoryPage({ open, text: begin }: { open?: string | undefined; text?: string | undefined }) {
  const ask = useAsk();
  const { tell } = useWindow();
  const { settings } = useSnapshot();
  const [text, setText] = useState(begin ?? "");
  const [states, setStates] = useState<RecipientState[]>([]);
  const [chosenLane, setChosenLane] = useState<string | null>(null);
  const lanes = useLanes();
  // One that is gone filters nothing.
  const lane = lanes.several.some(({ name }) => name === chosenLane) ? chosenLane : null;
  const searched = useDeferredValue(text);
  const filter = useMemo<EntryFilter>(() => ({ text: searched, states, lane }), [searched, states, lane]);
  const list = useLiveList("history", filter);
  const [openId, setOpenId] = useState<string | null>(open ?? null);
  const [deleting, setDeleting] = useState<EntryView | null>(null);
  const filtering = text !== "" || states.length > 0 || lane !== null;
  const total = list.total ?? 0;

  const remove = async (entry: EntryView, tellSender: boolean) => {
    setDeleting(null);
    const answer = await ask({ ask: "delete", which: { kind: "ids", ids: [entry.id] }, tellSender });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  return (
    <>
      <PageHead title="History" sub={`Every message of the last ${many(settings.settings.history.keepDays, "day")}, the newest first.`} actions={<ExportButton filter={filter} total={total} />} />
      <div className={styles.tools}>
        <SearchBox className={styles.search ?? ""} placeholder="Address, subject, device…" aria-label="Search the history" value={text} onChange={(_, { value }) => setText(value)} />
        <SearchHelp onTry={setText} />
        <StateChips states={allStates} chosen={states} onChange={setStates} />
        <DeviceFilter text={text} onChange={setText} />
        <LaneFilter chosen={lane} onChange={setChosenLane} />
        <span className={styles.found} role="status">
          {list.total === null ? "" : `${many(total, "message")}${filtering ? " found" : ""}`}
        </span>
      </div>
      <ListTrouble list={list} />
      <div className={styles.body}>
        {list.total === 0 ? (
          <div className={styles.empty}>
            {filtering ? (
              <Empty
                icon={<Search24Regular />}
                title="No message matches"
                actions={
                  <Button
                    onClick={() => {
                      setText("");
                      setStates([]);
                      setChosenLane(null);
                    }}
                  >
                    Show all
                  </Button>
                }
              >
                Every word must be found in one message. Try fewer words, or another state.
              </Empty>
            ) : (
              <Empty icon={<History24Regular />} title="No history yet">
                Each message that a device sends appears here and stays for {many(settings.settings.history.keepDays, "day")}, with everything that happened to it.
              </Empty>
            )}
          </div>
        ) : (
          <EntryList kind="history" label="History" list={list} openId={openId} onOpen={setOpenId} />
        )}
        {openId && <StoryPanel id={openId} key={openId} onClose={() => setOpenId(null)} onDelete={setDeleting} />}
      </div>
      {deleting && <DeleteDialog n={1} some={[deleting]} onCancel={() => setDeleting(null)} onDelete={(tellSender) => void remove(deleting, tellSender)} />}
    </>
  );
}

function ExportButton({ filter, total }: { filter: EntryFilter; total: number }) {
  const ask = useAsk();
  const lanes = useLanes();
  const { saveFile } = useDesktop();
  const { tell } = useWindow();
  const [done, setDone] = useState<number | null>(null);
  const stop = useRef(false);
  const run = async () => {
    if (done !== null) {
      stop.current = true;
      return;
    }
    stop.current = false;
    setDone(0);
    const pieces = await exportCsv(ask, filter, lanes, (so) => {
      setDone(so);
      return !stop.current;
    });
    setDone(null);
    if (pieces) saveFile(`outtray-history-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv", pieces);
    else if (!stop.current) tell("bad", "The history could not be read to its end.");
  };
  return (
    <Button icon={<ArrowDownload20Regular />} disabled={total === 0} onClick={() => void run()}>
      {done === null ? "Export as CSV" : `${count(done)} of ${count(total)}, stop`}
    </Button>
  );
}
