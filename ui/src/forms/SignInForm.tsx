/**
 * Exactly the fields this provider needs; the password goes in and never comes out.
 */
import { Button, Checkbox, Field, Input, Link, Radio, RadioGroup } from "@fluentui/react-components";
import { Eye20Regular, EyeOff20Regular, Open16Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { LINKS, type SecretStoreView, type SecretView, type SettingsProblem, type SmartHostSettings } from "../bridge/bridge";
import { useDesktop } from "../live/provider";
import { Notice } from "../parts/Notice";
import { useWindow } from "../window";
import { canKeep, sayStore } from "../words";
import { fieldState } from "./check";
import styles from "./forms.module.css";
import { providerOf, type Provider } from "./providers";

/** The name under which the engine keeps the password of the provider. */
export const SECRET = "smart-host";

interface SignInFormProps {
  host: SmartHostSettings;
  secret: string;
  stored: SecretView | undefined;
  store: SecretStoreView;
  untilRestart: boolean;
  problems: SettingsProblem[];
  onHost(host: SmartHostSettings): void;
  onSecret(secret: string): void;
  onUntilRestart(untilRestart: boolean): void;
  onLeave(): void;
}

export function SignInForm(props: SignInFormProps) {
  const { host, problems, onHost, onLeave } = props;
  const provider = providerOf(host.provider);
  const { signIn } = host;
  return (
    <div className={styles.stack}>
      {provider.key === "other" && (
        <Field label="How does the provider know you?">
          <RadioGroup
            layout="horizontal"
            value={signIn.kind}
            onChange={(_, { value }) => onHost({ ...host, signIn: value === "password" ? { kind: "password", user: "" } : { kind: "none" } })}
          >
            <Radio value="password" label="User name and password" />
            <Radio value="none" label="By this network’s address, no sign-in" />
          </RadioGroup>
        </Field>
      )}
      {signIn.kind === "password" && (
        <>
          <div className={styles.row}>
            {provider.user.fixed === undefined ? (
              <Field label={provider.user.label} hint={provider.user.hint} required {...fieldState(problems, "smartHost.signIn.user")}>
                <Input
                  value={signIn.user}
                  placeholder={provider.user.placeholder}
                  autoComplete="off"
                  spellCheck={false}
                  onChange={(_, { value }) => onHost({ ...host, signIn: { kind: "password", user: value.trim() } })}
                  onBlur={onLeave}
                />
              </Field>
            ) : (
              <Field label={provider.user.label} hint={provider.user.hint}>
                <Input value={provider.user.fixed} readOnly />
              </Field>
            )}
            <SecretField {...props} provider={provider} />
          </div>
          <WhereItGoes {...props} />
        </>
      )}
      {provider.link && <ExternalLink link={provider.link.key} label={provider.link.label} />}
    </div>
  );
}

function SecretField({ provider, secret, stored, store, onSecret, onLeave }: SignInFormProps & { provider: Provider }) {
  const [seen, setSeen] = useState(false);
  const readOnly = store.kind === "credentialsDirectory";
  const isSet = stored?.isSet === true;
  return (
    <Field label={provider.secret.label} hint={provider.secret.hint} required={!isSet}>
      <Input
        type={seen ? "text" : "password"}
        value={secret}
        disabled={readOnly}
        placeholder={isSet ? "is set; type to replace it" : ""}
        autoComplete="new-password"
        spellCheck={false}
        onChange={(_, { value }) => onSecret(value)}
        onBlur={onLeave}
        contentAfter={
          <Button
            appearance="transparent"
            size="small"
            icon={seen ? <EyeOff20Regular /> : <Eye20Regular />}
            aria-label={seen ? "Hide what is typed" : "Show what is typed"}
            disabled={secret === ""}
            onClick={() => setSeen(!seen)}
          />
        }
      />
    </Field>
  );
}

function WhereItGoes({ store, stored, untilRestart, onUntilRestart }: SignInFormProps) {
  if (canKeep(store) || store.kind === "credentialsDirectory") return <p className={styles.hint}>{sayStore(store)}</p>;
  return (
    <Notice tone="warn" title="The password cannot be kept for good on this machine" said={store.kind === "unavailable" ? store.said : ""} saidLabel="What the system says">
      <p>{sayStore(store)} Outtray writes it to no file. After a restart mail waits, safe on the disk, until the password is typed again.</p>
      <Checkbox
        checked={untilRestart || stored?.untilRestart === true}
        onChange={(_, { checked }) => onUntilRestart(checked === true)}
        label="Keep it in memory until Outtray restarts"
      />
    </Notice>
  );
}

export function ExternalLink({ link, label }: { link: keyof typeof LINKS; label: string }) {
  const { openExternal } = useDesktop();
  const { tell } = useWindow();
  const open = async () => {
    if (!(await openExternal(link))) tell("warn", `Please open it yourself: ${LINKS[link]}`);
  };
  return (
    <div>
      <Link as="button" onClick={() => void open()}>
        {label} <Open16Regular aria-hidden="true" style={{ verticalAlign: "text-bottom" }} />
        <span className="spoken"> (opens in the browser)</span>
      </Link>
    </div>
  );
}
