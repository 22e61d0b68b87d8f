/**
 * How fast mail goes to a provider, and whose certificates are trusted there: what most people never change.
 */
import { Field, Input } from "@fluentui/react-components";

import type { Pace, SettingsProblem, SmartHostSettings } from "../bridge/bridge";
import { fieldState, wrongAt } from "./check";
import { NumberField, OptionalNumberField } from "./fields";
import { Folded } from "./Folded";
import formStyles from "./forms.module.css";

const paceFields: { name: keyof Pace; label: string; hint: string }[] = [
  { name: "messagesPerMinute", label: "Messages a minute", hint: "What is over it waits a little. Empty: no limit." },
  { name: "recipientsPerDay", label: "Recipients in 24 hours", hint: "What is over it waits for the next day. Empty: no limit." },
  { name: "recipientsPerMessage", label: "Recipients of one message", hint: "More go in several parts. Empty: no limit." },
];

const fieldsOfPace = ["smartHost.parallelConnections", "smartHost.messagesPerConnection", "smartHost.pace", "smartHost.extraCaFile"];

interface PaceFieldsProps {
  host: SmartHostSettings;
  problems: SettingsProblem[];
  onHost(host: SmartHostSettings): void;
  onLeave(): void;
}

export function PaceFields({ host, problems, onHost, onLeave }: PaceFieldsProps) {
  return (
    <Folded title="Pace and certificate authority" open={fieldsOfPace.some((field) => wrongAt(problems, field) !== undefined)}>
      <div className={formStyles.row}>
        <NumberField label="Connections at a time" hint="More can be faster; providers limit it." value={host.parallelConnections} onChange={(parallelConnections) => onHost({ ...host, parallelConnections })} onLeave={onLeave} {...fieldState(problems, "smartHost.parallelConnections")} />
        <NumberField label="Messages on one connection" hint="Then a new connection is made." value={host.messagesPerConnection} onChange={(messagesPerConnection) => onHost({ ...host, messagesPerConnection })} onLeave={onLeave} {...fieldState(problems, "smartHost.messagesPerConnection")} />
        {paceFields.map(({ name, label, hint }) => (
          <OptionalNumberField key={name} label={label} hint={hint} value={host.pace[name]} onChange={(value) => onHost({ ...host, pace: { ...host.pace, [name]: value } })} onLeave={onLeave} {...fieldState(problems, `smartHost.pace.${name}`)} />
        ))}
        <Field label="Own certificate authority" hint="A file in PEM form, when the server’s certificate comes from the office itself. Else empty." {...fieldState(problems, "smartHost.extraCaFile")}>
          <Input value={host.extraCaFile ?? ""} spellCheck={false} onChange={(_, { value }) => onHost({ ...host, extraCaFile: value === "" ? null : value })} onBlur={onLeave} />
        </Field>
      </div>
    </Folded>
  );
}
