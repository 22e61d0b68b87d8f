/**
 * Puts a test message into the queue, and leads to its story.
 */
import { Button, Field, Input } from "@fluentui/react-components";
import { Send20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { useAsk } from "../live/provider";
import { useStory } from "../live/story";
import formStyles from "../forms/forms.module.css";
import { ToneLabel } from "../parts/Tone";
import { useWindow } from "../window";
import { sayRefused, stateWords } from "../words";

export function SendTest({ sender: usual, disabled }: { sender: string; disabled: boolean }) {
  const ask = useAsk();
  const [typed, setTyped] = useState<string | null>(null);
  const [recipient, setRecipient] = useState("");
  const [wrong, setWrong] = useState("");
  const [sent, setSent] = useState<string | null>(null);
  const sender = typed ?? usual;
  const send = async () => {
    setWrong("");
    const answer = await ask({ ask: "sendTest", sender, recipient });
    if (answer.kind === "kept") setSent(answer.id);
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
        <Field label="To" {...(wrong ? { validationMessage: wrong, validationState: "error" as const } : {})}>
          <Input type="email" value={recipient} placeholder="you@example.com" spellCheck={false} onChange={(_, { value }) => setRecipient(value.trim())} />
        </Field>
        <Field label="From">
          <Input type="email" value={sender} placeholder="scanner@example.com" spellCheck={false} onChange={(_, { value }) => setTyped(value.trim())} />
        </Field>
      </div>
      <div className={formStyles.buttons}>
        <Button type="submit" icon={<Send20Regular />} disabled={disabled || !recipient.includes("@") || !sender.includes("@")}>
          Send test message
        </Button>
        {sent && <Sent id={sent} key={sent} />}
      </div>
    </form>
  );
}

function Sent({ id }: { id: string }) {
  const { story } = useStory(id);
  const { go } = useWindow();
  const words = stateWords[story?.entry.state ?? "queued"];
  return (
    <span className={formStyles.buttons} role="status">
      <ToneLabel tone={words.tone}>{words.label}</ToneLabel>
      <Button size="small" appearance="subtle" onClick={() => go({ page: "history", open: id })}>
        Show its story
      </Button>
    </span>
  );
}
