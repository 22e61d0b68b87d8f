/**
 * The questions of the setup as forms, and the rest: one draft, checked as fields are left, saved at once.
 */
import { Button, MessageBar, MessageBarBody, MessageBarTitle, Tab, TabList } from "@fluentui/react-components";
import { useCallback, useEffect, useState } from "react";

import type { MachineView, Settings } from "../../bridge/bridge";
import { sayWrong, useCheck } from "../../forms/check";
import { SECRET } from "../../forms/SignInForm";
import { useAsk, useSnapshot } from "../../live/provider";
import { PageHead } from "../../parts/Page";
import { useWindow, type SettingsPart } from "../../window";
import { sayRefused } from "../../words";
import { changedParts, partOf, sameSettings } from "./changes";
import { MachinePart } from "./MachinePart";
import { DeliveryPart, LimitsPart, UpkeepPart } from "./NumberParts";
import { ListeningPart, ProviderPart, SendersPart } from "./SetupParts";
import styles from "./settings.module.css";

const parts: [part: SettingsPart, title: string][] = [
  ["provider", "Mail provider"],
  ["senders", "Who may send"],
  ["listening", "Listening"],
  ["limits", "Limits"],
  ["delivery", "Retries"],
  ["upkeep", "History and log"],
  ["machine", "This machine"],
];

export function SettingsPage({ part: begin }: { part: SettingsPart }) {
  const { settings: inForce } = useSnapshot();
  const { go, tell } = useWindow();
  const ask = useAsk();
  const check = useCheck();
  const [draft, setDraft] = useState<Settings>(inForce.settings);
  const [base, setBase] = useState<Settings>(inForce.settings);
  const [secret, setSecret] = useState("");
  const [untilRestart, setUntilRestart] = useState(false);
  const [machine, setMachine] = useState<MachineView | null>(null);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState("");
  const part = begin;

  const look = useCallback(() => {
    void ask({ ask: "machine" }).then((answer) => {
      if (answer.kind === "machine") setMachine(answer.machine);
    });
  }, [ask]);
  useEffect(look, [look]);

  // Settings changed elsewhere come in by themselves, unless something here is unsaved.
  const untouched = sameSettings(draft, base);
  if (!sameSettings(inForce.settings, base) && untouched) {
    setBase(inForce.settings);
    setDraft(inForce.settings);
  }
  const overtaken = !sameSettings(inForce.settings, base) && !untouched;

  const changes = [...changedParts(inForce.settings, draft), ...(secret === "" ? [] : ["password"])];
  const change = useCallback((next: Settings) => {
    setSaved("");
    setDraft(next);
  }, []);
  const leave = () => void check.check(draft);

  const save = async () => {
    setBusy(true);
    try {
      // Together: the server of before must not see a password that is for the next one.
      const answer = await ask({ ask: "applySettings", settings: draft, ...(secret === "" ? {} : { secret: { name: SECRET, secret, untilRestart } }) });
      if (answer.kind === "settings") {
        setSecret("");
        // What the host says it saved, not what was sent.
        setBase(answer.settings.settings);
        setDraft(answer.settings.settings);
        check.set([]);
        setSaved(answer.settings.path);
      } else if (answer.kind === "problems") check.set(answer.problems);
      else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
    } finally {
      setBusy(false);
    }
  };
  const discard = () => {
    setBase(inForce.settings);
    setDraft(inForce.settings);
    setSecret("");
    check.set([]);
  };

  const form = { draft, change, problems: check.problems, onLeave: leave };
  const elsewhere = check.problems.filter((problem) => partOf(problem.field) !== part);
  return (
    <div className={styles.page}>
      <PageHead
        title="Settings"
        sub={
          <>
            Kept by the engine in <span className="mono">{inForce.path}</span>
          </>
        }
        actions={<Button onClick={() => go({ page: "setup" })}>Run the setup again</Button>}
      />
      <TabList className={styles.tabs ?? ""} selectedValue={part} onTabSelect={(_, { value }) => go({ page: "settings", part: value as SettingsPart })}>
        {parts.map(([key, title]) => (
          <Tab key={key} value={key}>
            {title}
            {check.problems.some((problem) => partOf(problem.field) === key) && <span className={styles.dot} role="img" aria-label="has a mistake" />}
          </Tab>
        ))}
      </TabList>
      {overtaken && (
        <MessageBar intent="warning">
          <MessageBarBody>
            <MessageBarTitle>The settings were changed elsewhere meanwhile.</MessageBarTitle>
            Saving puts yours in their place; discarding shows the new ones.
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.form} role="tabpanel" aria-label={parts.find(([key]) => key === part)?.[1]}>
        {part === "provider" && <ProviderPart {...form} secret={secret} onSecret={setSecret} untilRestart={untilRestart} onUntilRestart={setUntilRestart} />}
        {part === "senders" && <SendersPart {...form} machine={machine} check={check} />}
        {part === "listening" && <ListeningPart {...form} machine={machine} />}
        {part === "limits" && <LimitsPart {...form} />}
        {part === "delivery" && <DeliveryPart {...form} />}
        {part === "machine" && <MachinePart machine={machine} onLook={look} />}
        {part === "upkeep" && <UpkeepPart {...form} engine={machine} />}
      </div>
      {(changes.length > 0 || saved !== "") && (
        <div className={styles.save} role="region" aria-label="Unsaved changes">
          {changes.length > 0 ? (
            <>
              <div className={styles.saveText} role="status">
                <strong>Not saved yet:</strong> {changes.join(", ")}
                {elsewhere.map((problem) => (
                  <div key={problem.field} className={styles.wrong}>
                    {parts.find(([key]) => key === partOf(problem.field))?.[1] ?? problem.field}: {sayWrong(problem)}
                  </div>
                ))}
              </div>
              <Button onClick={discard} disabled={busy}>
                Discard
              </Button>
              <Button appearance="primary" onClick={() => void save()} disabled={busy || check.problems.length > 0}>
                Save
              </Button>
            </>
          ) : (
            <div className={styles.saveText} role="status">
              Saved and in force. The engine wrote it to <span className="mono">{saved}</span>.
            </div>
          )}
        </div>
      )}
    </div>
  );
}
