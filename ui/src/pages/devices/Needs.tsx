/**
 * Devices a person has to decide about: mail held as a burst, and refusals of today.
 */
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import type { DeviceView, RefusalView } from "../../bridge/bridge";
import { useAllow } from "../../forms/allow";
import { useAsk } from "../../live/provider";
import { DeleteDialog } from "../../mail/DeleteDialog";
import { Notice } from "../../parts/Notice";
import { Ago } from "../../parts/Time";
import { useWindow } from "../../window";
import { count, many, refusalWords, sayRefused } from "../../words";

interface NeedProps {
  device: DeviceView;
  onDone(): void;
}

export function HeldDevice({ device, onDone }: NeedProps) {
  const ask = useAsk();
  const { go, tell } = useWindow();
  const [deleting, setDeleting] = useState(false);
  const name = nameOf(device);
  const end = async () => {
    const answer = await ask({ ask: "endBurst", address: device.address, release: true });
    if (answer.kind === "count") tell("good", `${many(answer.count, "message is", "messages are")} on the way now.`);
    else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not released.");
    onDone();
  };
  const remove = async (tellSender: boolean) => {
    setDeleting(false);
    const filter = { text: `client:${device.address}`, states: ["held" as const] };
    const answer = await ask({ ask: "delete", which: { kind: "matching", filter, acceptedUntil: Date.now() }, tellSender });
    if (answer.kind === "count") tell("good", `${many(answer.count, "message was", "messages were")} deleted.`);
    else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "Nothing was deleted.");
    onDone();
  };
  return (
    <Notice
      tone="warn"
      title={`${name} suddenly sends far more than usual: ${many(device.held, "message is", "messages are")} held`}
      actions={
        <>
          <Button appearance="primary" onClick={() => void end()}>
            Let them go
          </Button>
          <Button onClick={() => go({ page: "history", text: `client:${device.address}` })}>Look at them</Button>
          <Button onClick={() => setDeleting(true)}>Delete them…</Button>
        </>
      }
    >
      <p>
        {many(device.recipientsThisHour, "recipient")} in this hour; its busiest hour of the last 14 days had {count(device.busiestHour)}. What it sends is taken and kept, and goes out when you let it. If the device runs in a circle, switch it off first.
      </p>
      {deleting && <DeleteDialog n={device.held} some={[]} onCancel={() => setDeleting(false)} onDelete={(tellSender) => void remove(tellSender)} />}
    </Notice>
  );
}

export function RefusedToday({ device, refusal, onDone }: NeedProps & { refusal: RefusalView }) {
  const { go } = useWindow();
  const { allow, dialog } = useAllow();
  const words = refusalWords[refusal.why];
  const allowThen = async (network: string, name: string) => {
    if (await allow(network, name)) onDone();
  };
  return (
    <Notice
      tone="warn"
      title={`${nameOf(device)} ${words.title}${device.refusedToday > 1 ? ` (${many(device.refusedToday, "time")} in 24 hours)` : ""}`}
      said={refusal.reply}
      saidLabel="What the device heard"
      actions={
        <>
          {refusal.why === "notAllowed" && (
            <Button appearance={device.network ? "primary" : "secondary"} onClick={() => void allowThen(device.address, device.clientName)}>
              Allow this device
            </Button>
          )}
          {refusal.why === "notAllowed" && device.network && <Button onClick={() => void allowThen(device.network ?? "", "")}>Allow {device.network}</Button>}
          {(refusal.why === "signInNeeded" || refusal.why === "signInFailed") && <Button onClick={() => go({ page: "access", part: "accounts" })}>Device accounts</Button>}
          {refusal.why === "attachment" && <Button onClick={() => go({ page: "access", part: "content" })}>Attachments</Button>}
          {(refusal.why === "encryptionNeeded" || refusal.why === "senderNotAllowed" || refusal.why === "recipientNotAllowed" || refusal.why === "tooMuch") && (
            <Button onClick={() => go({ page: "access", part: "rules" })}>Look at the rules</Button>
          )}
        </>
      }
    >
      <p>
        {words.means} It wanted to send from {refusal.sender === "" ? "an empty sender" : refusal.sender}
        {refusal.recipient === "" ? "" : ` to ${refusal.recipient}`}, last <Ago at={refusal.lastAt} />.
      </p>
      {refusal.why === "notAllowed" && !device.network && <p>This address is not from one of this machine’s own networks: allow it only if you know it.</p>}
      {dialog}
    </Notice>
  );
}

function nameOf(device: DeviceView): string {
  return device.clientName === "" ? device.address : `${device.clientName} (${device.address})`;
}
