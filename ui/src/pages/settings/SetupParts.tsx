/**
 * The parts of the settings that the setup also asks for.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Switch } from "@fluentui/react-components";
import { useCallback, useState } from "react";

import type { PickupSettings, Settings, SettingsProblem, SmartHostSettings } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import { ClosedPorts } from "../../forms/ClosedPorts";
import { ConnectionCheck, swapEncryption } from "../../forms/ConnectionCheck";
import { CertificateForm, ListeningForm } from "../../forms/ListeningForm";
import { ProviderCards, ProviderConditions, ServerFields } from "../../forms/ProviderForm";
import { PaceFields } from "../../forms/PaceFields";
import { preset, providerName, providerOf } from "../../forms/providers";
import { RewritingForm } from "../../forms/RewritingForm";
import { SECRET, SignInForm } from "../../forms/SignInForm";
import { TimeoutFields } from "../../forms/TimeoutFields";
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

interface ProviderPartProps extends PartProps {
  secret: string;
  onSecret(secret: string): void;
  untilRestart: boolean;
  onUntilRestart(untilRestart: boolean): void;
}

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
            <PaceFields host={host} problems={problems} onHost={onHost} onLeave={onLeave} />
            <TimeoutFields host={host} problems={problems} onHost={onHost} onLeave={onLeave} />
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
