/**
 * Puts a test message into the queue, and follows it.
 */
import { Button, Field, Input } from "@fluentui/react-components";
import { Send20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import formStyles from "../forms/forms.module.css";
import { useAsk, useSnapshot } from "../live/provider";
import { useWindow } from "../window";
import { sayRefused, senderOf } from "../words";
import { Journey } from "./Journey";

interface SendTestProps {
  /** Why it cannot be sent now. */
  hindrance?: string;
  /** The person goes elsewhere from here: whatever lies over the page is to go. */
  onLeave?(): void;
}

export function SendTest({ hindrance = "", onLeave }: SendTestProps) {
  const ask = useAsk();
  const { go, mend } = useWindow();
  const usual = useUsualSender();
  const [typed, setTyped] = useState<string | null>(null);
  const [recipient, setRecipient] = useState("");
  const [wrong, setWrong] = useState("");
  const [sent, setSent] = useState<{ id: string; recipient: string } | null>(null);
  const sender = typed ?? usual;
  const send = async () => {
    setWrong("");
    const answer = await ask({ ask: "sendTest", sender, recipient });
    if (answer.kind === "kept") setSent({ id: answer.id, recipient });
    else setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "The test message could not be made.");
  };
  return (
    <form
      className={formStyles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className={formStyles.row}>
        <Field label="To" hint="An address whose mailbox you can look into." {...(wrong ? { validationMessage: wrong, validationState: "error" as const } : {})}>
          <Input type="email" value={recipient} placeholder="you@example.com" spellCheck={false} onChange={(_, { value }) => setRecipient(value.trim())} />
        </Field>
        <Field label="From" hint="One the provider lets this account send from.">
          <Input type="email" value={sender} placeholder="scanner@example.com" spellCheck={false} onChange={(_, { value }) => setTyped(value.trim())} />
        </Field>
      </div>
      <div className={formStyles.buttons}>
        <Button type="submit" icon={<Send20Regular />} disabled={hindrance !== "" || !recipient.includes("@") || !sender.includes("@")}>
          {sent ? "Send another" : "Send test message"}
        </Button>
        {hindrance !== "" && <span className={formStyles.hint}>{hindrance}</span>}
        {sent && (
          <Button
            appearance="subtle"
            onClick={() => {
              onLeave?.();
              go({ page: "history", open: sent.id });
            }}
          >
            Show its whole story
          </Button>
        )}
      </div>
      {sent && (
        <Journey
          id={sent.id}
          key={sent.id}
          recipient={sent.recipient}
          onMend={(remedy) => {
            if (remedy !== "tryNow") onLeave?.();
            mend(remedy);
          }}
        />
      )}
    </form>
  );
}

/** The sign-in's own address: the one sender that every provider takes. */
export function useUsualSender(): string {
  return senderOf(useSnapshot().settings.settings.smartHost?.signIn);
}
