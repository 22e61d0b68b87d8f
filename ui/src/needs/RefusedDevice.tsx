/**
 * A device that was refused: why in plain words, what it heard, and the buttons that mend it.
 */
import { Button } from "@fluentui/react-components";

import type { DeviceView, RefusalView, RefusedClient } from "../bridge/bridge";
import { ruleFor } from "../bridge/rules";
import { useAllow } from "../forms/allow";
import { useAsk, useSnapshot, useStore } from "../live/provider";
import { Notice } from "../parts/Notice";
import { Ago } from "../parts/Time";
import { useWindow } from "../window";
import { many, nameRule, refusalWords, sayRefused, sayTlsTrouble, sayTlsWayOut } from "../words";
import { helpFor } from "./help";

interface RefusedDeviceProps {
  client: RefusedClient;
  /** It stands among what needs a person, and can be put out of the way. */
  ignorable?: boolean;
  onDone?(): void;
}

export function RefusedDevice({ client, ignorable = false, onDone }: RefusedDeviceProps) {
  const ask = useAsk();
  const store = useStore();
  const { settings, listeners } = useSnapshot();
  const { go, tell } = useWindow();
  const { allow, dialog } = useAllow();
  const { rules } = settings.settings;
  const words = refusalWords[client.why];
  const at = ruleFor(rules, client.address);
  const rule = rules[at];
  const plainPort = listeners.some((listener) => listener.problem === null && listener.encryption !== "implicit");

  const forget = async () => {
    const answer = await ask({ ask: "forgetRefused", address: client.address });
    if (answer.kind === "refused") return tell("bad", sayRefused(answer.refused));
    await store.refresh();
    onDone?.();
  };
  const allowThen = async (network: string) => {
    const isOne = network === client.address;
    if (await allow({ network, name: isOne ? client.clientName : "", address: client.address })) await forget();
  };
  return (
    <Notice
      tone="warn"
      title={`${nameOf(client)} ${words.title}${client.count > 1 ? ` (${many(client.count, "time")})` : ""}`}
      {...(client.why === "tlsFailed" ? {} : { said: client.lastReply, saidLabel: "What the device heard" })}
      actions={
        <>
          {helpFor(client, settings.settings, plainPort).map((help, place) => (
            <Button key={help.label} appearance={place === 0 && isSafe(client) ? "primary" : "secondary"} onClick={() => (help.kind === "go" ? go(help.route) : void allowThen(help.network))}>
              {help.label}
            </Button>
          ))}
          {ignorable && (
            <Button appearance="subtle" onClick={() => void forget()}>
              Ignore
            </Button>
          )}
        </>
      }
    >
      {client.why === "tlsFailed" ? (
        <p>
          {sayTlsTrouble(client.lastReply)} {sayTlsWayOut(listeners, rule)} Last tried <Ago at={client.lastAt} />.
        </p>
      ) : (
        <p>
          {client.why === "notAllowed" && rule ? `${nameRule(rules, at)} refuses its address.` : words.means} {words.todo} {sayWanted(client)} Last tried <Ago at={client.lastAt} />.
        </p>
      )}
      {!isSafe(client) && <p>This address is not from one of this machine’s own networks: allow it only if you know it.</p>}
      {dialog}
    </Notice>
  );
}

/** A refusal that is remembered, as if it had happened just now. */
export function clientOf(device: DeviceView, refusal: RefusalView): RefusedClient {
  const { address, clientName, network } = device;
  return {
    address,
    clientName: refusal.clientName === "" ? clientName : refusal.clientName,
    count: device.refusedToday,
    firstAt: refusal.firstAt,
    lastAt: refusal.lastAt,
    lastSender: refusal.sender,
    lastRecipient: refusal.recipient,
    lastReply: refusal.reply,
    why: refusal.why,
    network,
  };
}

/** Whether a click too many would let a stranger in. */
function isSafe({ why, network }: RefusedClient): boolean {
  return why !== "notAllowed" || network !== null;
}

function nameOf({ address, clientName }: RefusedClient): string {
  return clientName === "" ? address : `${clientName} (${address})`;
}

/** Most devices are refused before they have named a recipient, some before they have named anything. */
function sayWanted({ why, lastSender, lastRecipient }: RefusedClient): string {
  const beforeAnything = why === "signInFailed" || why === "tooManyConnections";
  if (lastSender === "" && lastRecipient === "") return beforeAnything ? "" : "It named no sender.";
  return `It wanted to send from ${lastSender === "" ? "an empty sender" : lastSender}${lastRecipient === "" ? "" : ` to ${lastRecipient}`}.`;
}
