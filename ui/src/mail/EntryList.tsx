/**
 * A hundred thousand messages in two-line rows: virtual, live, by mouse and by keyboard.
 *
 * The list itself has the focus and names its active row, since rows come and go while scrolling.
 */
import { Button } from "@fluentui/react-components";
import { ArrowUp16Filled } from "@fluentui/react-icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";

import type { EntryView } from "../bridge/bridge";
import type { LiveList } from "../live/list";
import { indexOf } from "../live/rows";
import { count, many } from "../words";
import { isChosen, nothing, only, range, toggle, type Chosen } from "./chosen";
import { EntryRow, type RowKind } from "./EntryRow";
import { lanesOfEntry, useLanes } from "./lanes";
import styles from "./EntryList.module.css";

interface EntryListProps {
  kind: RowKind;
  label: string;
  list: LiveList;
  openId: string | null;
  onOpen(id: string | null): void;
  /** Without it nothing can be selected. */
  selecting?: { chosen: Chosen; onChosen(chosen: Chosen): void; onAll(): void; onDelete(): void };
}

const ROW = 56;

export function EntryList({ kind, label, list, openId, onOpen, selecting }: EntryListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // The active row is a message, wherever it stands: only without one it is a place.
  const [held, setHeld] = useState<{ index: number; id: string | null }>({ index: 0, id: null });
  const [hovering, setHovering] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const total = list.total ?? 0;
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 6 });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;

  const found = held.id === null ? -1 : indexOf(list.rows, held.id);
  const active = Math.max(0, Math.min(total - 1, found >= 0 ? found : held.index));
  const setActive = (index: number) => setHeld({ index, id: list.at(index)?.id ?? null });

  const { show, setBusy } = list;
  useEffect(() => show(first, last), [show, first, last]);
  useEffect(() => setBusy(hovering || scrolled), [setBusy, hovering, scrolled]);

  const moveTo = (index: number) => {
    const next = Math.max(0, Math.min(total - 1, index));
    setActive(next);
    virtual.scrollToIndex(next);
    return next;
  };
  const pick = async (index: number, keys: { range: boolean; toggle: boolean }) => {
    const entry = list.at(index);
    if (!entry) return;
    if (!selecting) return onOpen(entry.id);
    const { chosen, onChosen } = selecting;
    if (keys.range && chosen.anchor !== null) {
      const [from, to] = chosen.anchor < index ? [chosen.anchor, index] : [index, chosen.anchor];
      onChosen(range(chosen, await list.stretch(from, to), keys.toggle));
    } else if (keys.toggle) {
      onChosen(toggle(chosen, entry.id, index));
    } else {
      onChosen(only(entry.id, index));
      onOpen(entry.id);
    }
  };
  const click = (index: number, event: MouseEvent) => {
    setActive(index);
    const onBox = (event.target as HTMLElement).closest("[data-box]") !== null;
    void pick(index, { range: event.shiftKey, toggle: onBox || event.ctrlKey || event.metaKey });
  };
  const press = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 1);
    const target = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1 }[event.key];
    if (target !== undefined) {
      const next = moveTo(target);
      if (event.shiftKey && selecting) void pick(next, { range: true, toggle: false });
    } else if (event.key === " ") void pick(active, { range: event.shiftKey, toggle: true });
    else if (event.key === "Enter") onOpen(list.at(active)?.id ?? null);
    else if (event.key === "Escape") {
      if (openId) onOpen(null);
      else selecting?.onChosen(nothing);
    } else if (event.key === "Delete" && selecting) selecting.onDelete();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey) && selecting) selecting.onAll();
    else return;
    event.preventDefault();
  };

  const lanes = useLanes();
  const named = lanes.several.length > 0;
  const activeEntry = list.at(active);
  return (
    <div className={styles.wrap}>
      {list.fresh > 0 && (
        <div className={styles.pill}>
          <Button
            size="small"
            shape="circular"
            appearance="primary"
            icon={<ArrowUp16Filled />}
            onClick={() => {
              if (kind === "history") scroller.current?.scrollTo({ top: 0 });
              list.refresh();
            }}
          >
            {count(list.fresh)} new
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > ROW)}
        onPointerEnter={() => setHovering(true)}
        onPointerLeave={() => setHovering(false)}
        role="grid"
        aria-label={`${label}, ${many(total, "message")}`}
        aria-rowcount={total + 1}
        aria-multiselectable={selecting ? true : undefined}
        aria-activedescendant={activeEntry ? rowId(activeEntry) : undefined}
        tabIndex={0}
        onKeyDown={press}
      >
        <div role="rowgroup" className={styles.headGroup}>
          <div role="row" aria-rowindex={1} className={`${styles.grid} ${styles.head} ${selecting ? "" : styles.noBox} ${named ? styles.withLane : ""}`}>
            {selecting && (
              <span role="columnheader">
                <span className="spoken">Selected</span>
              </span>
            )}
            <span role="columnheader">From → to, subject</span>
            <span role="columnheader" className={styles.state}>
              State
            </span>
            {named && (
              <span role="columnheader" className={styles.lane}>
                Provider
              </span>
            )}
            <span role="columnheader" className={styles.size}>
              Size
            </span>
            <span role="columnheader" className={styles.when}>
              {kind === "queue" ? "Waiting" : "Accepted"}
            </span>
          </div>
        </div>
        <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const entry = list.at(item.index);
            return (
              <div key={entry?.id ?? item.key} className={styles.place} style={{ transform: `translateY(${item.start}px)` }} role="presentation">
                <EntryRow
                  kind={kind}
                  entry={entry}
                  index={item.index}
                  id={entry ? rowId(entry) : undefined}
                  box={selecting !== undefined}
                  chosen={entry !== undefined && selecting !== undefined && isChosen(selecting.chosen, entry)}
                  open={entry !== undefined && entry.id === openId}
                  active={item.index === active}
                  left={entry !== undefined && list.hasLeft(entry.id)}
                  provider={lanes.label(entry?.lane ?? null)}
                  lane={named ? (entry ? lanesOfEntry(entry).map(lanes.label).join(", ") : "") : null}
                  onClick={click}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function rowId(entry: EntryView): string {
  return `row-${entry.id}`;
}
