/**
 * Limits, retry times, history and log: figures with the reason beside them.
 */
import { Field, Select } from "@fluentui/react-components";

import type { Delivery, Limits, LogLevel } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import { DurationField, NumberField } from "../../forms/fields";
import { Card, Section } from "../../parts/Page";
import { logLevelLabel } from "../../words";
import type { PartProps } from "./SetupParts";
import styles from "./settings.module.css";

const MB = 1_000_000;

export function LimitsPart({ draft, change, problems, onLeave }: PartProps) {
  const { limits } = draft;
  const set = (part: Partial<Limits>) => change({ ...draft, limits: { ...limits, ...part } });
  const number = (key: keyof Limits, label: string, hint: string) => (
    <NumberField label={label} hint={hint} value={limits[key]} onChange={(value) => set({ [key]: value })} onLeave={onLeave} {...fieldState(problems, `limits.${key}`)} />
  );
  const megabytes = (key: "messageBytes" | "freeDiskBytes", label: string, hint: string) => (
    <NumberField label={label} hint={hint} unit="MB" value={Math.round(limits[key] / MB)} onChange={(value) => set({ [key]: value * MB })} onLeave={onLeave} {...fieldState(problems, `limits.${key}`)} />
  );
  const duration = (key: keyof Limits, label: string, hint: string) => (
    <DurationField label={label} hint={hint} value={limits[key]} onChange={(value) => set({ [key]: value })} onLeave={onLeave} {...fieldState(problems, `limits.${key}`)} />
  );
  return (
    <>
      <Section title="Messages">
        <Card>
          <div className={styles.grid}>
            {megabytes("messageBytes", "Largest message", "Larger ones are refused at once. Up to 150 MB; the provider’s own limit is often 25 to 35.")}
            {number("recipients", "Recipients of one message", "At least 100: programs count on that.")}
            {number("hops", "Servers a message may have passed", "With more it is going round in a circle, and is refused.")}
            {megabytes("freeDiskBytes", "Free disk space to keep", "Below it devices are told to try again later.")}
          </div>
        </Card>
      </Section>
      <Section title="Connections of devices">
        <Card>
          <div className={styles.grid}>
            {number("connections", "Connections at a time", "Of all devices together.")}
            {number("connectionsPerClient", "From one address at a time", "Of one device, or of all behind one router.")}
            {number("connectionsPerSubnet", "From one subnet at a time", "Of 256 addresses in IPv4, of a /64 in IPv6.")}
            {duration("idleSeconds", "Silence before closing", "A device that says nothing for so long is let go.")}
            {duration("commandSeconds", "Time for one command", "Or for one piece of a message, on a slow line.")}
            {duration("tlsSeconds", "Time to begin encryption", "A device that takes longer is let go.")}
            {duration("sessionSeconds", "One connection in all", "However busy it is.")}
            {number("commands", "Commands in one connection", "Programs that keep a connection open send many messages on it.")}
            {number("errors", "Mistakes in a row", "Then the connection is closed.")}
          </div>
        </Card>
      </Section>
      <Section title="Signing in" sub="Against the guessing of passwords of device accounts.">
        <Card>
          <div className={styles.grid}>
            {number("signInFailures", "Wrong passwords from one address", "Then its sign-in is refused for a while.")}
            {duration("signInPauseSeconds", "How long it is then refused", "From the last wrong password on.")}
          </div>
        </Card>
      </Section>
    </>
  );
}

export function DeliveryPart({ draft, change, problems, onLeave }: PartProps) {
  const { delivery } = draft;
  const duration = (key: keyof Delivery, label: string, hint: string, zero?: string) => (
    <DurationField
      label={label}
      hint={hint}
      value={delivery[key]}
      onChange={(value) => change({ ...draft, delivery: { ...delivery, [key]: value } })}
      onLeave={onLeave}
      {...(zero === undefined ? {} : { zero })}
      {...fieldState(problems, `delivery.${key}`)}
    />
  );
  return (
    <>
      <Section title="One message" sub="When the provider puts off a single message.">
        <Card>
          <div className={styles.grid}>
            {duration("firstRetrySeconds", "First wait", "Then longer each time.")}
            {duration("longestRetrySeconds", "Longest wait", "Between two tries.")}
            {duration("delayNoticeSeconds", "Tell the sender of a delay after", "0: never.", "never")}
            {duration("lifetimeSeconds", "Give up after", "The sender is told then.")}
          </div>
        </Card>
      </Section>
      <Section title="The way to the provider" sub="When the provider itself cannot be reached. No message is charged a try for that.">
        <Card>
          <div className={styles.grid}>
            {duration("firstRestSeconds", "First rest", "Then longer each time, while the trouble lasts.")}
            {duration("longestRestSeconds", "Longest rest", "Between two tries of the connection.")}
            {duration("failoverAfterSeconds", "Wait before another provider", "So long one is down before its mail goes through the next one of its order; at once when only a person can mend it.")}
          </div>
        </Card>
      </Section>
    </>
  );
}

export function UpkeepPart({ draft, change, problems, onLeave }: PartProps) {
  return (
    <Section title="History and log">
      <Card>
        <div className={styles.grid}>
          <NumberField label="Remember what was done for" hint="The messages themselves are not kept once they have been handed over." unit="days" value={draft.history.keepDays} onChange={(keepDays) => change({ ...draft, history: { keepDays } })} onLeave={onLeave} {...fieldState(problems, "history.keepDays")} />
          <Field label="Log" hint="How much is written to the log file." {...fieldState(problems, "logLevel")}>
            <Select value={draft.logLevel} onChange={(_, { value }) => change({ ...draft, logLevel: value as LogLevel })} onBlur={onLeave}>
              {(Object.keys(logLevelLabel) as LogLevel[]).map((level) => (
                <option key={level} value={level}>
                  {logLevelLabel[level]}
                </option>
              ))}
            </Select>
          </Field>
        </div>
      </Card>
    </Section>
  );
}
