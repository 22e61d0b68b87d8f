/**
 * How fast mail goes to a provider, and whose certificates are trusted there: what most people never change.
 */
import { Checkbox, Field, Input, Select } from "@fluentui/react-components";

import type { NullSender, Pace, SettingsProblem, SmartHostSettings } from "../bridge/bridge";
import { fieldState, wrongAt } from "./check";
import { NumberField, OptionalNumberField } from "./fields";
import { Folded } from "./Folded";
import formStyles from "./forms.module.css";

const MB = 1_000_000;

const paceFields: { name: keyof Pace; label: string; hint: string }[] = [
  { name: "messagesPerMinute", label: "Messages a minute", hint: "What is over it waits a little. Empty: no limit." },
  { name: "recipientsPerDay", label: "Recipients in 24 hours", hint: "What is over it waits for the next day. Empty: no limit." },
  { name: "recipientsPerMessage", label: "Recipients of one message", hint: "More go in several parts. Empty: no limit." },
];

const fieldsOfPace = ["smartHost.parallelConnections", "smartHost.messagesPerConnection", ...paceFields.map(({ name }) => `smartHost.pace.${name}`), "smartHost.largestMessage", "smartHost.nullSender", "smartHost.nullSender.address", "smartHost.extraCaFile"];

interface PaceFieldsProps {
  host: SmartHostSettings;
  problems: SettingsProblem[];
  onHost(host: SmartHostSettings): void;
  onLeave(): void;
}

export function PaceFields({ host, problems, onHost, onLeave }: PaceFieldsProps) {
  return (
    <Folded title="Pace, reports and certificate authority" open={fieldsOfPace.some((field) => wrongAt(problems, field) !== undefined)}>
      <div className={formStyles.row}>
        <NumberField label="Connections at a time" hint="More can be faster; providers limit it." value={host.parallelConnections} onChange={(parallelConnections) => onHost({ ...host, parallelConnections })} onLeave={onLeave} {...fieldState(problems, "smartHost.parallelConnections")} />
        <NumberField label="Messages on one connection" hint="Then a new connection is made." value={host.messagesPerConnection} onChange={(messagesPerConnection) => onHost({ ...host, messagesPerConnection })} onLeave={onLeave} {...fieldState(problems, "smartHost.messagesPerConnection")} />
        {paceFields.map(({ name, label, hint }) => (
          <OptionalNumberField key={name} label={label} hint={hint} value={host.pace[name]} onChange={(value) => onHost({ ...host, pace: { ...host.pace, [name]: value } })} onLeave={onLeave} {...fieldState(problems, `smartHost.pace.${name}`)} />
        ))}
        <OptionalNumberField label="Largest message it takes" hint="Larger ones are refused when a device brings them. Empty: as under Limits." unit="MB" value={host.largestMessage === null ? null : Math.round(host.largestMessage / MB)} onChange={(value) => onHost({ ...host, largestMessage: value === null ? null : value * MB })} onLeave={onLeave} {...fieldState(problems, "smartHost.largestMessage")} />
        {host.protocol.kind === "microsoftGraph" && (
          <Field label="Mailbox of each message" hint="The application must be allowed to send from all of them.">
            <Checkbox label="That of its sender" checked={host.protocol.perSender} onChange={(_, { checked }) => onHost({ ...host, protocol: { kind: "microsoftGraph", perSender: checked === true } })} onBlur={onLeave} />
          </Field>
        )}
        <NullSenderFields host={host} problems={problems} onHost={onHost} onLeave={onLeave} />
        <Field label="Own certificate authority" hint="A file in PEM form, when the server’s certificate comes from the office itself. Else empty." {...fieldState(problems, "smartHost.extraCaFile")}>
          <Input value={host.extraCaFile ?? ""} spellCheck={false} onChange={(_, { value }) => onHost({ ...host, extraCaFile: value === "" ? null : value })} onBlur={onLeave} />
        </Field>
      </div>
    </Folded>
  );
}

const nullSenders: Record<NullSender["kind"], string> = {
  asItIs: "Nobody, as the standard wants it",
  account: "The account’s own address",
  address: "Another address",
};

/** In whose name reports go out, which have no sender. */
function NullSenderFields({ host, problems, onHost, onLeave }: PaceFieldsProps) {
  const { nullSender } = host;
  const choose = (kind: NullSender["kind"]) => onHost({ ...host, nullSender: kind === "address" ? { kind, address: "" } : { kind } });
  return (
    <>
      <Field label="Sender of reports" hint="Microsoft refuses mail without a sender from a mailbox that is signed in; most others take it." {...(nullSender.kind === "address" ? {} : fieldState(problems, "smartHost.nullSender"))}>
        <Select value={nullSender.kind} onChange={(_, { value }) => choose(value as NullSender["kind"])} onBlur={onLeave}>
          {(Object.keys(nullSenders) as NullSender["kind"][]).map((kind) => (
            <option key={kind} value={kind}>
              {nullSenders[kind]}
            </option>
          ))}
        </Select>
      </Field>
      {nullSender.kind === "address" && (
        <Field label="That address" hint="The account must be allowed to send as it." {...fieldState(problems, "smartHost.nullSender.address")}>
          <Input type="email" value={nullSender.address} spellCheck={false} onChange={(_, { value }) => onHost({ ...host, nullSender: { kind: "address", address: value.trim() } })} onBlur={onLeave} />
        </Field>
      )}
    </>
  );
}
