/**
 * All refusals that are remembered, one line for each device, reason and hour.
 */
import { Button, SearchBox } from "@fluentui/react-components";
import { useDeferredValue, useEffect, useState } from "react";

import type { RefusalPage, RefusalView } from "../../bridge/bridge";
import { tellsRefusal, useReadAnew } from "../../live/devices";
import { useAsk } from "../../live/provider";
import { Card, Section } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { Ago } from "../../parts/Time";
import { count, many, refusalWords, sayTlsTrouble } from "../../words";
import styles from "./devices.module.css";

const PAGE = 50;

export function Refusals() {
  const ask = useAsk();
  const [text, setText] = useState("");
  const searched = useDeferredValue(text);
  const [limit, setLimit] = useState(PAGE);
  const [page, setPage] = useState<RefusalPage | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let mine = true;
    void ask({ ask: "refusals", text: searched, offset: 0, limit }).then((answer) => {
      if (mine && answer.kind === "refusals") setPage(answer.page);
    });
    return () => {
      mine = false;
    };
  }, [ask, searched, limit, turn]);
  useReadAnew(tellsRefusal, () => setTurn((before) => before + 1));
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
                  <strong>{nameOf(refusal)}</strong> {refusal.clientName !== "" && <span className="quiet">{refusal.address} </span>}
                  {refusalWords[refusal.why].title}
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
                  {refusal.why === "tlsFailed" ? <span className="quiet">{sayTlsTrouble(refusal.reply)}</span> : <Said words={refusal.reply} label="What it heard" />}
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

/** Beyond a number that is told apart, clients of an hour are counted together. */
function nameOf({ address, clientName }: RefusalView): string {
  return clientName !== "" ? clientName : address !== "" ? address : "Many others";
}
