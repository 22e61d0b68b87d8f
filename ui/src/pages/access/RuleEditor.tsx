/**
 * One rule with all its conditions.
 */
import { Checkbox, Field, Input, Radio, RadioGroup, Select } from "@fluentui/react-components";
import { useState } from "react";

import type { AccessRule, Priority, RateLimits, RecipientScope, SettingsProblem } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import { ConfirmWord } from "../../forms/ConfirmWord";
import { OptionalNumber } from "../../forms/OptionalNumber";
import { TextList } from "../../forms/TextList";
import formStyles from "../../forms/forms.module.css";
import { readNetwork, sayAddresses } from "../../bridge/network";
import { priorityLabel } from "../../words";
import styles from "./access.module.css";

interface RuleEditorProps {
  rule: AccessRule;
  at: number;
  problems: SettingsProblem[];
  onChange(rule: AccessRule): void;
  onLeave(): void;
}

const MB = 1_000_000;

export function RuleEditor({ rule, at, problems, onChange, onLeave }: RuleEditorProps) {
  const of = (name: string) => `rules[${at}].${name}`;
  const set = (part: Partial<AccessRule>) => onChange({ ...rule, ...part });
  const read = readNetwork(rule.network);
  const open = read?.publicAddresses === true;
  const refuses = rule.action === "refuse";
  // What is wrong with public addresses is said where the word is asked for.
  const letsIn = open && !refuses && !rule.requireSignIn;
  const mustConfirm = letsIn && !rule.publicOnPurpose;
  const [confirmedBefore] = useState(rule.publicOnPurpose ? rule.network : null);
  return (
    <div className={styles.editor}>
      <div className={formStyles.row}>
        <Field
          label="Network"
          hint={read ? (read.addresses === 1n ? "1 address" : `${sayAddresses(read.addresses)}: ${read.first} to ${read.last}`) : "A subnet (192.168.1.0/24), an address, or a range (10.0.0.20-10.0.0.29)"}
          {...(mustConfirm ? {} : fieldState(problems, of("network")))}
        >
          <Input value={rule.network} spellCheck={false} onChange={(_, { value }) => set({ network: value.trim(), publicOnPurpose: value.trim() === confirmedBefore })} onBlur={onLeave} />
        </Field>
        <Field label="Name" hint="What people call it. Refused devices hear it." {...fieldState(problems, of("name"))}>
          <Input value={rule.name} onChange={(_, { value }) => set({ name: value })} onBlur={onLeave} />
        </Field>
      </div>
      {letsIn && rule.network === confirmedBefore && <p className={formStyles.hint}>These are public addresses, allowed on purpose.</p>}
      {letsIn && rule.network !== confirmedBefore && (
        <ConfirmWord
          key={rule.network}
          network={rule.network}
          onSure={(publicOnPurpose) => {
            if (publicOnPurpose !== rule.publicOnPurpose) set({ publicOnPurpose });
          }}
        />
      )}
      <Field label="Devices there">
        <RadioGroup layout="horizontal" value={rule.action} onChange={(_, { value }) => set({ action: value === "refuse" ? "refuse" : "allow" })} onBlur={onLeave}>
          <Radio value="allow" label="may send" />
          <Radio value="refuse" label="are refused, also with an account" />
        </RadioGroup>
      </Field>
      {!refuses && (
        <>
          <div className={styles.checks}>
            <Checkbox checked={rule.requireEncryption} onChange={(_, { checked }) => set({ requireEncryption: checked === true })} label="Only encrypted (STARTTLS or SSL/TLS on the device)" />
            <Checkbox checked={rule.requireSignIn} onChange={(_, { checked }) => set({ requireSignIn: checked === true })} label="Only with a device account" />
            <Checkbox checked={rule.plainSignIn} onChange={(_, { checked }) => set({ plainSignIn: checked === true })} label="Let old devices sign in without encryption (their password can be read on the network)" />
          </div>
          <div className={formStyles.row}>
            <TextList label="Senders" hint="Addresses or domains its mail may be from, one a line. Empty: any." placeholder="scanner@office.example" values={rule.senders} problems={problems} field={of("senders")} onChange={(senders) => set({ senders })} onLeave={onLeave} />
            <Field label="Recipients" {...fieldState(problems, of("recipients"))}>
              <Select value={rule.recipients} onChange={(_, { value }) => set({ recipients: value as RecipientScope })} onBlur={onLeave}>
                <option value="any">Anybody</option>
                <option value="ownDomains">The office’s own domains only</option>
              </Select>
            </Field>
            <Field label="In the queue" hint="Which mail goes first when much is waiting." {...fieldState(problems, of("priority"))}>
              <Select value={rule.priority} onChange={(_, { value }) => set({ priority: value as Priority })} onBlur={onLeave}>
                {(Object.keys(priorityLabel) as Priority[]).map((priority) => (
                  <option key={priority} value={priority}>
                    {priorityLabel[priority]}
                  </option>
                ))}
              </Select>
            </Field>
          </div>
          <Field className={styles.archive ?? ""} label="Copy of everything to" hint="An archive mailbox, as a hidden recipient: it stands in the queue and in the history, senders hear nothing of it. Empty: none." {...fieldState(problems, of("archive"))}>
            <Input value={rule.archive ?? ""} placeholder="archive@office.example" spellCheck={false} onChange={(_, { value }) => set({ archive: value.trim() === "" ? null : value.trim() })} onBlur={onLeave} />
          </Field>
          <fieldset className={formStyles.fieldset}>
            <legend className={formStyles.legend}>Limits for each device there</legend>
            <div className={styles.rates}>
              <OptionalNumber label="Largest message" unit="MB" value={rule.messageBytes === null ? null : Math.round(rule.messageBytes / MB)} onChange={(mb) => set({ messageBytes: mb === null ? null : mb * MB })} onLeave={onLeave} {...fieldState(problems, of("messageBytes"))} />
            </div>
            <div className={styles.rates}>
              {rates.map(([key, label]) => (
                <OptionalNumber key={key} label={label} value={rule.rate[key]} onChange={(value) => set({ rate: { ...rule.rate, [key]: value } })} onLeave={onLeave} {...fieldState(problems, of(`rate.${key}`))} />
              ))}
            </div>
            <p className={formStyles.hint}>Empty: no limit of its own. What is above a limit is told to come again later, and is not lost.</p>
          </fieldset>
        </>
      )}
    </div>
  );
}

const rates: [key: keyof RateLimits, label: string][] = [
  ["messagesPerMinute", "Messages a minute"],
  ["messagesPerHour", "Messages an hour"],
  ["messagesPerDay", "Messages a day"],
  ["recipientsPerMinute", "Recipients a minute"],
  ["recipientsPerHour", "Recipients an hour"],
  ["recipientsPerDay", "Recipients a day"],
];
