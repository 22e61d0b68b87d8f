/**
 * The parts of the settings that the setup also asks for.
 */
import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Select, Switch } from "@fluentui/react-components";
import { useCallback, useState } from "react";

import type { NullSender, Pace, PickupSettings, Settings, SettingsProblem, SmartHostSettings } from "../../bridge/bridge";
import { fieldState, wrongAt } from "../../forms/check";
import { ClosedPorts } from "../../forms/ClosedPorts";
import { ConnectionCheck, swapEncryption } from "../../forms/ConnectionCheck";
import { NumberField, OptionalNumberField } from "../../forms/fields";
import { Folded } from "../../forms/Folded";
import { CertificateForm, ListeningForm } from "../../forms/ListeningForm";
import { ProviderCards, ProviderConditions, ServerFields } from "../../forms/ProviderForm";
import { preset, providerName, providerOf } from "../../forms/providers";
import { RewritingForm } from "../../forms/RewritingForm";
import { SECRET, SignInForm } from "../../forms/SignInForm";
import formStyles from "../../forms/forms.module.css";
import type { Machine } from "../../live/machine";
import { useSnapshot } from "../../live/provider";
import { SendTest } from "../../mail/SendTest";
import { Card, Empty, Section } from "../../parts/Page";
import { useWindow } from "../../window";
import { many, senderOf, userOf } from "../../words";

export interface PartProps {
  draft: Settings;
  change(settings: Settings): void;
  problems: SettingsProblem[];
  onLeave(): void;
}

const MB = 1_000_000;

interface ProviderPartProps extends PartProps {
  secret: string;
  onSecret(secret: string): void;
  untilRestart: boolean;
  onUntilRestart(untilRestart: boolean): void;
}

const paceFields: { name: keyof Pace; label: string; hint: string }[] = [
  { name: "messagesPerMinute", label: "Messages a minute", hint: "What is over it waits a little. Empty: no limit." },
  { name: "recipientsPerDay", label: "Recipients in 24 hours", hint: "What is over it waits for the next day. Empty: no limit." },
  { name: "recipientsPerMessage", label: "Recipients of one message", hint: "More go in several parts. Empty: no limit." },
];

const fieldsOfPace = ["smartHost.parallelConnections", "smartHost.messagesPerConnection", "smartHost.pace", "smartHost.largestMessage", "smartHost.nullSender", "smartHost.extraCaFile"];

export function ProviderPart({ draft, change, problems, onLeave, secret, onSecret, untilRestart, onUntilRestart }: ProviderPartProps) {
  const { settings } = useSnapshot();
  const { go } = useWindow();
  const [choosing, setChoosing] = useState(false);
  const onDone = useCallback(() => undefined, []);
  const host = draft.smartHost;
  if (!host) {
    return (
      <Empty title="No mail provider yet" actions={<Button appearance="primary" onClick={() => go({ page: "setup" })}>Set up now</Button>}>
        Outtray keeps what it accepts until it knows where to hand it over.
      </Empty>
    );
  }
  const provider = providerOf(host.provider);
  const onHost = (smartHost: SmartHostSettings) => change({ ...draft, smartHost });
  const stored = settings.secrets.find((each) => each.name === SECRET);
  const inForce = settings.settings.smartHost;
  const saved = secret === "" && JSON.stringify(inForce) === JSON.stringify(host);
  return (
    <>
      <Section title={provider.name} sub={provider.summary} actions={<Button size="small" onClick={() => setChoosing(true)}>Change provider…</Button>}>
        <Card>
          <div className={formStyles.stack}>
            <ServerFields key={host.provider} host={host} problems={problems} onChange={onHost} onLeave={onLeave} />
            <SignInForm host={host} secret={secret} stored={stored} store={settings.store} untilRestart={untilRestart} problems={problems} onHost={onHost} onSecret={onSecret} onUntilRestart={onUntilRestart} onLeave={onLeave} />
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
            <ConnectionCheck host={host} secret={secret === "" ? null : secret} sender={senderOf(host.signIn) || null} primary={false} onDone={onDone} onSwap={() => onHost(swapEncryption(host))} />
          </div>
        </Card>
      </Section>
      <Section title="Senders" sub="Whose name mail goes under to this provider. The queue, the history and your reports keep the sender of the device.">
        <Card>
          <RewritingForm host={host} problems={problems} example={exampleOf(draft)} onChange={onHost} onLeave={onLeave} />
        </Card>
      </Section>
      <Section title="Good to know">
        <ProviderConditions provider={provider} />
      </Section>
      <Section title="Test message" sub="It goes the way of every message.">
        <Card>
          <SendTest hindrance={saved ? "" : "Save first: the test uses the settings in force."} />
        </Card>
      </Section>
      {choosing && (
        <ChangeProvider
          host={host}
          onCancel={() => setChoosing(false)}
          onChoose={(key) => {
            setChoosing(false);
            if (key !== host.provider) onHost(preset(key));
          }}
        />
      )}
    </>
  );
}

/** A sender as devices write it, of the office's own domain if that is known. */
function exampleOf({ lists, smartHost }: Settings): string {
  const domain = lists.ownDomains[0] ?? userOf(smartHost?.signIn).split("@")[1] ?? "office.example";
  return `Scanner <scanner@${domain}>`;
}

const nullSenders: Record<NullSender["kind"], string> = {
  asItIs: "Nobody, as the standard wants it",
  account: "The account’s own address",
  address: "Another address",
};

/** In whose name reports go out, which have no sender. */
function NullSenderFields({ host, problems, onHost, onLeave }: { host: SmartHostSettings; problems: SettingsProblem[]; onHost(host: SmartHostSettings): void; onLeave(): void }) {
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

function ChangeProvider({ host, onCancel, onChoose }: { host: SmartHostSettings; onCancel(): void; onChoose(key: string): void }) {
  const { counters } = useSnapshot();
  const [key, setKey] = useState(providerOf(host.provider).key);
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface style={{ maxWidth: 720 }}>
        <DialogBody>
          <DialogTitle>Change the mail provider</DialogTitle>
          <DialogContent>
            <p style={{ marginBottom: 12 }}>
              Server and user name of {providerName(host.provider, host.server)} are replaced here; nothing is in force before you save.
              {counters.waiting > 0 && ` The ${many(counters.waiting, "waiting message")} will then go to the new provider.`}
            </p>
            <ProviderCards chosen={key} onChoose={setKey} />
          </DialogContent>
          <DialogActions>
            <Button onClick={onCancel}>Cancel</Button>
            <Button appearance="primary" disabled={key === host.provider} onClick={() => onChoose(key)}>
              Change to {providerOf(key).name}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

export function ListeningPart({ draft, change, problems, onLeave, machine }: PartProps & { machine: Machine }) {
  const hostName = machine.view?.hostName;
  const closed = useSnapshot().listeners.filter((listener) => listener.problem);
  return (
    <>
      <ClosedPorts />
      <Section title="Ports" sub="Where devices connect on this machine.">
        <ListeningForm listeners={draft.listeners} machine={machine} problems={problems} onChange={(listeners) => change({ ...draft, listeners })} onLeave={onLeave} spokenOf={closed.map((listener) => listener.port)} />
      </Section>
      <Section title="Certificate">
        <Card>
          <CertificateForm certificate={draft.certificate} problems={problems} onChange={(certificate) => change({ ...draft, certificate })} onLeave={onLeave} />
        </Card>
      </Section>
      <PickupPart draft={draft} change={change} problems={problems} onLeave={onLeave} />
      <Section title="Name">
        <Card>
          <Field label="Name of this relay" hint={`What Outtray calls itself towards devices and the provider. Empty: ${hostName ?? "this machine’s own name"}.`} style={{ maxWidth: 420 }} {...fieldState(problems, "hostName")}>
            <Input value={draft.hostName} placeholder={hostName ?? ""} spellCheck={false} onChange={(_, { value }) => change({ ...draft, hostName: value.trim() })} onBlur={onLeave} />
          </Field>
        </Card>
      </Section>
    </>
  );
}

/** Programs written for the SMTP service of IIS drop their mail into a folder. */
function PickupPart({ draft, change, problems, onLeave }: PartProps) {
  const { pickup } = draft;
  const set = (part: Partial<PickupSettings>) => pickup && change({ ...draft, pickup: { ...pickup, ...part } });
  return (
    <Section title="Pickup folder" sub="Files that programs drop there are taken as mail, as the SMTP service of Windows did.">
      <Card>
        <div className={formStyles.stack}>
          <Switch checked={pickup !== null} label="Take mail from a folder" onChange={(_, { checked }) => change({ ...draft, pickup: checked ? { folder: "pickup", badFolder: "badmail" } : null })} />
          {pickup && (
            <div className={formStyles.row}>
              <Field label="Folder" hint="A name alone lies in Outtray’s data folder." {...fieldState(problems, "pickup.folder")}>
                <Input value={pickup.folder} spellCheck={false} onChange={(_, { value }) => set({ folder: value })} onBlur={onLeave} />
              </Field>
              <Field label="Files that cannot be taken go to" hint="Each with a text that says why." {...fieldState(problems, "pickup.badFolder")}>
                <Input value={pickup.badFolder} spellCheck={false} onChange={(_, { value }) => set({ badFolder: value })} onBlur={onLeave} />
              </Field>
            </div>
          )}
        </div>
      </Card>
    </Section>
  );
}
