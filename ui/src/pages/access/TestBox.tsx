/**
 * "May 10.0.0.7 send as a@b to c@d?" – answered by the engine, with what decided.
 */
import { Button, Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";

import type { AccessQuestion, DecisionView } from "../../bridge/bridge";
import { sayWrong } from "../../forms/check";
import type { Draft } from "../../forms/draft";
import formStyles from "../../forms/forms.module.css";
import { useAsk } from "../../live/provider";
import { Card, Section } from "../../parts/Page";
import { ToneIcon } from "../../parts/Tone";
import { sayDecision, sayRefused } from "../../words";
import styles from "./access.module.css";

type Told = { decision: DecisionView } | { wrong: string };

export function TestBox({ draft }: { draft: Draft }) {
  const ask = useAsk();
  const [question, setQuestion] = useState<AccessQuestion>({ address: "", encrypted: false, account: null, sender: "", recipient: "" });
  const [told, setTold] = useState<Told | null>(null);
  const set = (part: Partial<AccessQuestion>) => {
    setTold(null);
    setQuestion({ ...question, ...part });
  };
  const put = async () => {
    const unsaved = draft.changes.length > 0;
    const answer = await ask({ ask: "mayISend", question, settings: unsaved ? draft.draft : null });
    if (answer.kind === "decision") setTold({ decision: answer.decision });
    else if (answer.kind === "problems") setTold({ wrong: answer.problems.map(sayWrong).join(" ") });
    else setTold({ wrong: answer.kind === "refused" ? sayRefused(answer.refused) : "The engine did not say." });
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
          <div role="status">{told && <Answer told={told} draft={draft} />}</div>
        </form>
      </Card>
    </Section>
  );
}

function Answer({ told, draft }: { told: Told; draft: Draft }) {
  if ("wrong" in told) {
    return (
      <p className={styles.answer}>
        <ToneIcon tone="warn" /> <span>{told.wrong}</span>
      </p>
    );
  }
  const { decision } = told;
  return (
    <p className={styles.answer}>
      <ToneIcon tone={decision.permitted ? "good" : "bad"} />
      <span>
        <strong>{decision.permitted ? "Yes." : "No."}</strong> {sayDecision(decision, draft.draft.rules)}
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
