/**
 * Accounts that devices sign in with. A password goes in and never comes out.
 */
import { Button, Field, Input, Switch } from "@fluentui/react-components";
import { Add20Regular, Delete20Regular, Key20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { AccountView, DeviceAccount } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import type { Draft } from "../../forms/draft";
import { TextList } from "../../forms/TextList";
import formStyles from "../../forms/forms.module.css";
import { useSnapshot } from "../../live/provider";
import { Card, Empty, Section } from "../../parts/Page";
import { Ago } from "../../parts/Time";
import { ToneLabel } from "../../parts/Tone";
import styles from "./access.module.css";
import { PasswordDialog } from "./PasswordDialog";

export function AccountsPart({ draft }: { draft: Draft }) {
  const { accounts } = draft.draft;
  const { settings } = useSnapshot();
  const [asking, setAsking] = useState<string | null>(null);
  const set = (next: DeviceAccount[]) => draft.change({ ...draft.draft, accounts: next });
  const add = () => set([...accounts, { name: "", note: "", enabled: true, senders: [] }]);
  const inForce = new Set(settings.settings.accounts.map((account) => account.name.toLowerCase()));
  const viewOf = (name: string) => settings.accounts.find((view) => view.name.toLowerCase() === name.toLowerCase());
  return (
    <Section
      title="Device accounts"
      sub="For devices outside of your networks, or on networks where a rule wants one. The device signs in over an encrypted connection; only a hash of the password is kept."
      actions={
        <Button icon={<Add20Regular />} onClick={add}>
          Add an account
        </Button>
      }
    >
      {accounts.length === 0 ? (
        <Card>
          <Empty title="No device accounts" actions={<Button onClick={add}>Add an account</Button>}>
            Devices in your networks need none. Add one for a branch office, or for a program that insists on user name and password.
          </Empty>
        </Card>
      ) : (
        <ul className={formStyles.list}>
          {accounts.map((account, at) => (
            <li key={at} className={styles.account}>
              <Account
                account={account}
                at={at}
                draft={draft}
                known={viewOf(account.name)}
                saved={inForce.has(account.name.toLowerCase())}
                onChange={(next) => set(accounts.with(at, next))}
                onRemove={() => draft.put({ ...draft.draft, accounts: accounts.filter((_, other) => other !== at) })}
                onPassword={() => setAsking(account.name)}
              />
            </li>
          ))}
        </ul>
      )}
      {asking !== null && <PasswordDialog account={asking} hasPassword={viewOf(asking)?.hasPassword === true} onDone={() => setAsking(null)} />}
    </Section>
  );
}

interface AccountProps {
  account: DeviceAccount;
  at: number;
  draft: Draft;
  known: AccountView | undefined;
  /** It is in force, so that it can have a password. */
  saved: boolean;
  onChange(account: DeviceAccount): void;
  onRemove(): void;
  onPassword(): void;
}

function Account({ account, at, draft, known, saved, onChange, onRemove, onPassword }: AccountProps) {
  const { problems } = draft.check;
  const label = account.name === "" ? "the new account" : account.name;
  return (
    <>
      <div className={formStyles.row}>
        <Field label="User name" hint="As the device sends it." {...fieldState(problems, `accounts[${at}].name`)}>
          <Input value={account.name} spellCheck={false} autoComplete="off" onChange={(_, { value }) => onChange({ ...account, name: value.trim() })} onBlur={draft.leave} />
        </Field>
        <Field label="What it is for" {...fieldState(problems, `accounts[${at}].note`)}>
          <Input value={account.note} placeholder="Branch office scanner" onChange={(_, { value }) => onChange({ ...account, note: value })} onBlur={draft.leave} />
        </Field>
        <TextList label="Senders" hint="It may send from these; empty: any." values={account.senders} problems={problems} field={`accounts[${at}].senders`} onChange={(senders) => onChange({ ...account, senders })} onLeave={draft.leave} />
      </div>
      <div className={styles.accountFoot}>
        <Switch checked={account.enabled} label={account.enabled ? "May sign in" : "Switched off"} onChange={(_, { checked }) => onChange({ ...account, enabled: checked })} />
        {!account.enabled ? (
          <ToneLabel tone="quiet">cannot sign in</ToneLabel>
        ) : known?.hasPassword === true ? (
          <ToneLabel tone="good">password is set</ToneLabel>
        ) : (
          <ToneLabel tone="warn">no password yet</ToneLabel>
        )}
        <span className="quiet">
          {known?.lastUsedAt ? (
            <>
              used <Ago at={known.lastUsedAt} />
            </>
          ) : (
            "never used"
          )}
        </span>
        <span className={styles.accountActs}>
          <Button icon={<Key20Regular />} disabled={!saved} onClick={onPassword}>
            {known?.hasPassword === true ? "Change password…" : "Set password…"}
          </Button>
          <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${label}`} title="Remove" onClick={onRemove} />
        </span>
      </div>
      {!saved && account.name !== "" && <p className={formStyles.hint}>Save first; then it can have a password.</p>}
    </>
  );
}
