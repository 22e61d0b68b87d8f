/**
 * All refusals that are remembered, one line for each device, reason and hour.
 */
import { Button, SearchBox } from "@fluentui/react-components";
import { useDeferredValue, useEffect, useState } from "react";

import type { RefusalPage } from "../../bridge/bridge";
import { useAsk } from "../../live/provider";
import { Card, Section } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { Ago } from "../../parts/Time";
import { count, many, refusalWords } from "../../words";
import styles from "./devices.module.css";

const PAGE = 50;

export function Refusals() {
  const ask = useAsk();
  const [text, setText] = useState("");
  const searched = useDeferredValue(text);
  const [limit, setLimit] = useState(PAGE);
  const [page, setPage] = useState<RefusalPage | null>(null);
  useEffect(() => {
    let mine = true;
    void ask({ ask: "refusals", text: searched, offset: 0, limit }).then((answer) => {
      if (mine && answer.kind === "refusals") setPage(answer.page);
    });
    return () => {
      mine = false;
    };
  }, [ask, searched, limit]);
  const none = page !== null && page.total === 0;
  return (
    <Section
      title="Refusals"
      sub="What was refused, folded: one line for each device, reason and hour."
      actions={(!none || text !== "") && <SearchBox placeholder="Address, sender, words…" aria-label="Find a refusal" value={text} onChange={(_, { value }) => (setLimit(PAGE), setText(value))} />}
    >
      <Card flush>
        {none || page === null ? (
          <p className={`quiet ${styles.nothing}`}>{page === null ? "" : text === "" ? "Nothing was refused in the time that is remembered." : "No refusal matches."}</p>
        ) : (
          <ul className={styles.refusals}>
            {page.refusals.map((refusal) => (
              <li key={`${refusal.address} ${refusal.why} ${refusal.firstAt}`}>
                <div>
                  <strong>{refusal.clientName === "" ? refusal.address : refusal.clientName}</strong>{" "}
                  <span className="quiet">{refusal.clientName === "" ? "" : refusal.address}</span> {refusalWords[refusal.why].title}
                  {refusal.count > 1 && <span className="quiet"> · {count(refusal.count)} times</span>}
                </div>
                <span className={styles.when}>
                  <Ago at={refusal.lastAt} />
                </span>
                <div className={styles.more}>
                  {(refusal.sender !== "" || refusal.recipient !== "") && (
                    <span className="quiet">
                      {refusal.sender === "" ? "empty sender" : refusal.sender}
                      {refusal.recipient === "" ? "" : ` → ${refusal.recipient}`}
                    </span>
                  )}
                  <Said words={refusal.reply} label="What it heard" />
                </div>
              </li>
            ))}
          </ul>
        )}
        {page !== null && page.total > page.refusals.length && (
          <div className={styles.nothing}>
            <Button onClick={() => setLimit(limit + PAGE)}>Show more of {many(page.total, "line")}</Button>
          </div>
        )}
      </Card>
    </Section>
  );
}
