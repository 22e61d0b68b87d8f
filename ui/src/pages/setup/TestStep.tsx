/**
 * Sends a real message and watches it go, step by step.
 */
import { Button, Field, Input } from "@fluentui/react-components";
import { Send20Regular } from "@fluentui/react-icons";
import { useState, type Dispatch } from "react";

import formStyles from "../../forms/forms.module.css";
import { providerOf } from "../../forms/providers";
import { useAsk } from "../../live/provider";
import { Journey } from "../../mail/Journey";
import { PageHead } from "../../parts/Page";
import { useWindow } from "../../window";
import { sayRefused, senderOf, type Remedy } from "../../words";
import type { Draft, Move } from "./steps";
import styles from "./setup.module.css";

export function TestStep({ draft, make }: { draft: Draft; make: Dispatch<Move> }) {
  const ask = useAsk();
  const { mend } = useWindow();
  const usual = senderOf(draft.settings.smartHost?.signIn);
  const sender = draft.sender === "" ? usual : draft.sender;
  const [wrong, setWrong] = useState("");
  const send = async () => {
    setWrong("");
    const answer = await ask({ ask: "sendTest", sender, recipient: draft.recipient });
    if (answer.kind === "kept") make({ kind: "testSent", id: answer.id });
    else setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "The test message could not be made.");
  };
  // What is wrong is mended in the step that asked for it, not in the settings.
  const back = (remedy: Remedy) => {
    if (remedy === "openSignIn") make({ kind: "goTo", step: "signIn" });
    else if (remedy === "openProvider" || remedy === "swapEncryption") make({ kind: "goTo", step: "provider" });
    else mend(remedy);
  };
  return (
    <>
      <PageHead title="Send a test message" sub="It goes the same way as every message of a device." />
      <form
        className={formStyles.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div className={styles.pair}>
          <Field label="To" hint="Best an address outside of your office as well as one inside." {...(wrong ? { validationMessage: wrong, validationState: "error" as const } : {})}>
            <Input type="email" value={draft.recipient} placeholder="you@example.com" spellCheck={false} onChange={(_, { value }) => make({ kind: "recipient", recipient: value.trim() })} />
          </Field>
          <Field label="From" hint={providerOf(draft.settings.smartHost?.provider ?? "").conditions[0] ?? ""}>
            <Input type="email" value={sender} placeholder="scanner@example.com" spellCheck={false} onChange={(_, { value }) => make({ kind: "sender", sender: value.trim() })} />
          </Field>
        </div>
        <div>
          <Button type="submit" appearance={draft.testId ? "secondary" : "primary"} icon={<Send20Regular />} disabled={!draft.recipient.includes("@") || !sender.includes("@")}>
            {draft.testId ? "Send another" : "Send test message"}
          </Button>
        </div>
      </form>
      {draft.testId && <Journey id={draft.testId} recipient={draft.recipient} key={draft.testId} onMend={back} />}
    </>
  );
}
