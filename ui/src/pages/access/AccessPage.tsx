/**
 * Who may send what: rules in order, device accounts, lists, what may be in a message, unusual amounts.
 */
import { useState } from "react";

import type { DecisionView, Settings } from "../../bridge/bridge";
import { useDraft } from "../../forms/draft";
import { PartTabs } from "../../forms/PartTabs";
import { accessParts, keysOf, type Place } from "../../forms/places";
import { Overtaken, SaveBar } from "../../forms/SaveBar";
import { useMachine } from "../../live/machine";
import { PageHead } from "../../parts/Page";
import { useWindow, type AccessPart } from "../../window";
import { AccountsPart } from "./AccountsPart";
import { BurstsPart } from "./BurstsPart";
import { ContentPart } from "./ContentPart";
import { ListsPart } from "./ListsPart";
import { RulesPart } from "./RulesPart";
import { TestBox } from "./TestBox";
import styles from "./access.module.css";

const keys = keysOf("access");

/** What the engine said, and of which settings: when they change it is no answer any more. */
interface Answered {
  of: Settings;
  decision: DecisionView;
}

/** `rule` is the place of one that is to be opened. */
export function AccessPage({ part, rule }: { part: AccessPart; rule: number | undefined }) {
  const { go } = useWindow();
  const draft = useDraft(keys);
  const { view: machine } = useMachine();
  const [answered, setAnswered] = useState<Answered | null>(null);
  const decision = answered?.of === draft.draft ? answered.decision : null;
  return (
    <div className={styles.page}>
      <PageHead title="Access" sub="Who may send what through this relay. Everybody else is refused." />
      <Overtaken when={draft.overtaken} />
      <PartTabs<Extract<Place, { page: "access" }>> page="access" parts={accessParts} part={part} problems={draft.check.problems} onPart={(next) => go({ page: "access", part: next })}>
        {part === "rules" && (
          <>
            <RulesPart key={rule} draft={draft} machine={machine} begin={rule ?? null} decides={decision?.rule ?? null} />
            <TestBox draft={draft} decision={decision} onAnswered={(of, told) => setAnswered({ of, decision: told })} />
          </>
        )}
        {part === "accounts" && <AccountsPart draft={draft} />}
        {part === "lists" && <ListsPart draft={draft} machine={machine} />}
        {part === "content" && <ContentPart draft={draft} />}
        {part === "bursts" && <BurstsPart draft={draft} />}
      </PartTabs>
      <SaveBar draft={draft} here={{ page: "access", part }} />
    </div>
  );
}
