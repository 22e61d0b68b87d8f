/**
 * Who may send what: rules in order, device accounts, lists, what may be in a message, unusual amounts.
 */
import { Tab, TabList } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { MachineView } from "../../bridge/bridge";
import { useDraft, type NamedPart } from "../../forms/draft";
import { Overtaken, SaveBar } from "../../forms/SaveBar";
import { useAsk } from "../../live/provider";
import { PageHead } from "../../parts/Page";
import { useWindow, type AccessPart } from "../../window";
import { AccountsPart } from "./AccountsPart";
import { BurstsPart } from "./BurstsPart";
import { ContentPart } from "./ContentPart";
import { ListsPart } from "./ListsPart";
import { RulesPart } from "./RulesPart";
import { TestBox } from "./TestBox";
import styles from "./access.module.css";

const titles: [part: AccessPart, title: string][] = [
  ["rules", "Rules"],
  ["accounts", "Device accounts"],
  ["lists", "Senders and recipients"],
  ["content", "Content"],
  ["bursts", "Unusual amounts"],
];

const named: NamedPart[] = [
  ["rules", (settings) => settings.rules],
  ["device accounts", (settings) => settings.accounts],
  ["senders and recipients", (settings) => settings.lists],
  ["attachments", (settings) => settings.attachments],
  ["header rules", (settings) => settings.headers],
  ["unusual amounts", (settings) => settings.bursts],
];

export function AccessPage({ part }: { part: AccessPart }) {
  const ask = useAsk();
  const { go } = useWindow();
  const draft = useDraft(named);
  const [machine, setMachine] = useState<MachineView | null>(null);
  useEffect(() => {
    void ask({ ask: "machine" }).then((answer) => {
      if (answer.kind === "machine") setMachine(answer.machine);
    });
  }, [ask]);
  const whereIs = (field: string) => {
    const place = partOf(field);
    return place === part ? null : (titles.find(([key]) => key === place)?.[1] ?? `Settings, ${field}`);
  };
  return (
    <div className={styles.page}>
      <PageHead title="Access" sub="Who may send what through this relay. Everybody else is refused." />
      <TabList className={styles.tabs ?? ""} selectedValue={part} onTabSelect={(_, { value }) => go({ page: "access", part: value as AccessPart })}>
        {titles.map(([key, title]) => (
          <Tab key={key} value={key}>
            {title}
            {draft.check.problems.some((problem) => partOf(problem.field) === key) && <span className={styles.dot} role="img" aria-label="has a mistake" />}
          </Tab>
        ))}
      </TabList>
      <Overtaken when={draft.overtaken} />
      <div className={styles.form} role="tabpanel" aria-label={titles.find(([key]) => key === part)?.[1]}>
        {part === "rules" && (
          <>
            <RulesPart draft={draft} machine={machine} />
            <TestBox draft={draft} />
          </>
        )}
        {part === "accounts" && <AccountsPart draft={draft} />}
        {part === "lists" && <ListsPart draft={draft} machine={machine} />}
        {part === "content" && <ContentPart draft={draft} />}
        {part === "bursts" && <BurstsPart draft={draft} />}
      </div>
      <SaveBar draft={draft} whereIs={whereIs} />
    </div>
  );
}

function partOf(field: string): AccessPart | null {
  if (field.startsWith("rules")) return "rules";
  if (field.startsWith("accounts")) return "accounts";
  if (field.startsWith("lists")) return "lists";
  if (field.startsWith("attachments") || field.startsWith("headers")) return "content";
  if (field.startsWith("bursts")) return "bursts";
  return null;
}
