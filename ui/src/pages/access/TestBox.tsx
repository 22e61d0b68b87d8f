/**
 * "May 10.0.0.7 send as a@b to c@d?" – answered by the engine, with what decided.
 */
import { Button, Checkbox, Field, Input, Link, Select } from "@fluentui/react-components";
import { useState } from "react";

import type { AccessQuestion, DecisionView, Settings } from "../../bridge/bridge";
import { sayWrong } from "../../forms/check";
import type { Draft } from "../../forms/draft";
import formStyles from "../../forms/forms.module.css";
import { useAsk } from "../../live/provider";
import { Card, Section } from "../../parts/Page";
import { ToneIcon } from "../../parts/Tone";
import { useWindow } from "../../window";
import { sayDecision, sayRefused } from "../../words";
import styles from "./access.module.css";

interface TestBoxProps {
  draft: Draft;
  /** The answer, as long as it is about these rules. */
  decision: DecisionView | null;
  onAnswered(of: Settings, decision: DecisionView): void;
}

export function TestBox({ draft, decision, onAnswered }: TestBoxProps) {
  const ask = useAsk();
  const [question, setQuestion] = useState<AccessQuestion>({ address: "", encrypted: false, account: null, sender: "", recipient: "" });
  const [asked, setAsked] = useState<AccessQuestion | null>(null);
  const [wrong, setWrong] = useState("");
  const set = (part: Partial<AccessQuestion>) => {
    setWrong("");
    setQuestion({ ...question, ...part });
  };
  const put = async () => {
    const of = draft.draft;
    const unsaved = draft.changes.length > 0;
    const answer = await ask({ ask: "mayISend", question, settings: unsaved ? of : null });
    setAsked(question);
    if (answer.kind === "decision") return onAnswered(of, answer.decision);
    if (answer.kind === "problems") setWrong(`The rules as they stand here cannot be asked: ${answer.problems.map(sayWrong).join(" ")}`);
    else setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "The engine did not say.");
  };
  return (
    <Section title="Try it" sub={draft.changes.length > 0 ? "Answered by the engine, with the rules as they stand here, before they are saved." : "Answered by the engine, with the rules in force. Nothing is sent."}>
      <Card>
        <form
          className={formStyles.stack}
          onSubmit={(event) => {
            event.preventDefault();
            void put();
          }}
        >
          <div className={formStyles.row}>
            <Field label="May this device" hint="Its address">
              <Input value={question.address} placeholder="10.0.0.7" spellCheck={false} onChange={(_, { value }) => set({ address: value.trim() })} />
            </Field>
            <Field label="send as" hint="The sender’s address">
              <Input value={question.sender} placeholder="scanner@office.example" spellCheck={false} onChange={(_, { value }) => set({ sender: value.trim() })} />
            </Field>
            <Field label="to" hint="A recipient’s address">
              <Input value={question.recipient} placeholder="anna@office.example" spellCheck={false} onChange={(_, { value }) => set({ recipient: value.trim() })} />
            </Field>
          </div>
          <div className={styles.ask}>
            <Checkbox checked={question.encrypted} onChange={(_, { checked }) => set({ encrypted: checked === true })} label="encrypted" />
            <Select aria-label="Signed in as" value={question.account ?? ""} onChange={(_, { value }) => set({ account: value === "" ? null : value })}>
              <option value="">not signed in</option>
              {draft.draft.accounts.map((account) => (
                <option key={account.name} value={account.name}>
                  signed in as {account.name}
                </option>
              ))}
            </Select>
            <Button type="submit" appearance="primary" disabled={question.address === "" || question.recipient === ""}>
              Ask the engine
            </Button>
          </div>
          <div role="status">
            {wrong !== "" ? (
              <p className={styles.answer}>
                <ToneIcon tone="warn" /> <span>{wrong}</span>
              </p>
            ) : (
              decision && asked === question && <Answer decision={decision} draft={draft} />
            )}
          </div>
        </form>
      </Card>
    </Section>
  );
}

function Answer({ decision, draft }: { decision: DecisionView; draft: Draft }) {
  return (
    <p className={styles.answer}>
      <ToneIcon tone={decision.permitted ? "good" : "bad"} />
      <span>
        <strong>{decision.permitted ? "Yes." : "No."}</strong> {sayDecision(decision, draft.draft.rules)} <Where decision={decision} />
        {decision.reply !== null && (
          <>
            <br />
            The device hears: <span className="mono">{decision.reply}</span>
          </>
        )}
      </span>
    </p>
  );
}

/** The way to what decided. The rule is marked in its list, on this page. */
function Where({ decision }: { decision: DecisionView }) {
  const { go } = useWindow();
  switch (decision.by) {
    case "rule":
    case "nothing":
      return null;
    case "account":
      return <Link onClick={() => go({ page: "access", part: "accounts" })}>Device accounts</Link>;
    case "lists":
      return <Link onClick={() => go({ page: "access", part: "lists" })}>Senders and recipients</Link>;
  }
}
