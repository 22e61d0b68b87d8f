/**
 * The steps that ask: welcome, provider, who may send, listening.
 */
import { ArrowDownload24Regular, Eye24Regular, MailInbox24Regular, Shield24Regular } from "@fluentui/react-icons";
import type { Dispatch } from "react";

import type { MachineView, SettingsProblem } from "../../bridge/bridge";
import type { Check } from "../../forms/check";
import { CertificateForm, ListeningForm } from "../../forms/ListeningForm";
import { Folded } from "../../forms/Folded";
import formStyles from "../../forms/forms.module.css";
import { ProviderCards, ProviderConditions, ServerFields } from "../../forms/ProviderForm";
import { providerOf } from "../../forms/providers";
import { SendersForm } from "../../forms/SendersForm";
import type { Machine } from "../../live/machine";
import { Notice } from "../../parts/Notice";
import { PageHead } from "../../parts/Page";
import type { Draft, Move } from "./steps";
import { TakeOverCard } from "./TakeOverCard";
import styles from "./setup.module.css";

interface StepProps {
  draft: Draft;
  make: Dispatch<Move>;
  problems: SettingsProblem[];
  onLeave(): void;
}

export function WelcomeStep({ machine, make }: { machine: MachineView | null; make: Dispatch<Move> }) {
  const port25 = machine?.ports.find((port) => port.port === 25);
  return (
    <>
      <PageHead title="Welcome to Outtray" />
      <p className={styles.lead}>Outtray takes mail from the scanners, printers and programs of your office and hands it to your mail provider, encrypted and signed in.</p>
      <ul className={styles.promises}>
        <li>
          <ArrowDownload24Regular aria-hidden="true" />
          <div>
            <strong>It takes mail only from the networks you allow</strong>
            <span>Everybody else is refused, and you see who it was.</span>
          </div>
        </li>
        <li>
          <Shield24Regular aria-hidden="true" />
          <div>
            <strong>It keeps every message on disk until your provider has it</strong>
            <span>When the provider or the internet is down, mail waits here and goes out by itself later.</span>
          </div>
        </li>
        <li>
          <Eye24Regular aria-hidden="true" />
          <div>
            <strong>It shows what became of each message</strong>
            <span>And when something is wrong, what it is and how to mend it.</span>
          </div>
        </li>
      </ul>
      {port25?.state === "taken" && !port25.holder?.includes("SMTPSVC") && (
        <Notice tone="warn" title={`Port 25 is in use by ${port25.holder ?? "another program"}`}>
          Nothing to do now: Outtray can listen on port 2525 beside it, until you stop the other program.
        </Notice>
      )}
      <TakeOverCard
        onUse={({ server, takeOver, inTheWay }) => make({ kind: "imported", settings: server.settings, imported: { name: server.name, takeOver, inTheWay } })}
      />
      <p className="quiet">You need about five minutes and the sign-in of the mailbox or account that is to send.</p>
    </>
  );
}

export function ProviderStep({ draft, make, problems, onLeave }: StepProps) {
  const host = draft.settings.smartHost;
  const provider = host ? providerOf(host.provider) : null;
  return (
    <>
      <PageHead title="Who takes your mail from here?" sub="Outtray knows the server, port and limits of each." />
      <ProviderCards chosen={host?.provider ?? null} onChoose={(key) => make({ kind: "choose", provider: key })} />
      {host && provider && (
        <div className={formStyles.stack} key={provider.key}>
          <ProviderConditions provider={provider} />
          <Folded
            title="Server, port and encryption"
            begin={provider.key === "other" || provider.servers.length > 1}
            open={problems.some((problem) => problem.field.startsWith("smartHost") && !problem.field.startsWith("smartHost.signIn"))}
          >
            <ServerFields host={host} problems={problems} onChange={(next) => make({ kind: "host", host: next })} onLeave={onLeave} />
          </Folded>
        </div>
      )}
      {!host && (
        <p className="quiet">
          <MailInbox24Regular style={{ verticalAlign: "middle" }} aria-hidden="true" /> Not in the list? “Another provider” takes any server with a name and a port.
        </p>
      )}
    </>
  );
}

export function SendersStep({ draft, make, machine, check }: { draft: Draft; make: Dispatch<Move>; machine: MachineView | null; check: Check }) {
  return (
    <>
      <PageHead title="Who may send?" sub="Devices in these networks need no password. All others are refused, and shown on the overview with a button to allow them." />
      <SendersForm
        rules={draft.settings.rules}
        machine={machine}
        problems={check.problems}
        onChange={(rules) => {
          make({ kind: "rules", rules });
          void check.check({ ...draft.settings, rules });
        }}
        onTry={async (rules) => check.check({ ...draft.settings, rules })}
        onLeave={() => void check.check(draft.settings)}
      />
    </>
  );
}

export function ListeningStep({ draft, make, machine, problems, onLeave }: StepProps & { machine: Machine }) {
  return (
    <>
      <PageHead title="Where devices connect" sub={`On this machine${machine.view ? `, ${machine.view.hostName}` : ""}. Port 25 is enough for most offices.`} />
      <ListeningForm listeners={draft.settings.listeners} machine={machine} problems={problems} onChange={(listeners) => make({ kind: "listeners", listeners })} onLeave={onLeave} spokenOf={draft.imported?.takeOver ? draft.settings.listeners.map((listener) => listener.port) : []} />
      <CertificateForm certificate={draft.settings.certificate} problems={problems} onChange={(certificate) => make({ kind: "certificate", certificate })} onLeave={onLeave} />
      {draft.imported?.takeOver && (
        <Notice tone="quiet" title="Saving stops and disables the Windows SMTP service">
          Outtray takes its port at once; if that fails, the old service is started again. The way back is one click, in the settings under “This machine”.
        </Notice>
      )}
      {draft.imported?.inTheWay && (
        <Notice tone="warn" title="The Windows SMTP service holds its port, and this account may not stop it">
          Saving keeps these settings; then Windows asks for an administrator, the old service is stopped and disabled, and Outtray takes its port. The way back is one click, in the settings
          under “This machine”.
        </Notice>
      )}
      <p className="quiet">If a firewall keeps devices out of these ports, the last step says how to let them in.</p>
    </>
  );
}
