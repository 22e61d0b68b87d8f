/**
 * Exactly the fields this provider needs; the password goes in and never comes out.
 */
import { Button, Checkbox, Field, Input, Link, Radio, RadioGroup } from "@fluentui/react-components";
import { Eye20Regular, EyeOff20Regular, Open16Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { LINKS, type SecretStoreView, type SecretView, type SettingsProblem, type SignIn, type SmartHostSettings } from "../bridge/bridge";
import { useDesktop, useSnapshot } from "../live/provider";
import { Notice } from "../parts/Notice";
import { useWindow } from "../window";
import { canKeep, sameSecret, sayStore, userOf, wantsSecret } from "../words";
import { fieldState } from "./check";
import styles from "./forms.module.css";
import { OauthForm, tokenSignIn, tokenWays } from "./OauthForm";
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
  /** A provider beside the usual one, by name. */
  lane?: string;
}

export function SignInForm(props: SignInFormProps) {
  const { host, problems, onHost, onLeave } = props;
  const provider = providerOf(host.provider);
  const { signIn } = host;
  return (
    <div className={styles.stack}>
      {tokenWays[provider.key] && <Ways host={host} onHost={onHost} />}
      {signIn.kind === "oauth" && (
        <>
          <OauthForm {...props} signIn={signIn} secretField={wantsSecret(signIn) ? <SecretField {...props} label={tokenSecret(signIn)} /> : null} />
          {wantsSecret(signIn) && <WhereItGoes {...props} />}
        </>
      )}
      {signIn.kind === "certificate" && <p className={styles.hint}>Outtray shows a certificate and says no user name, as the settings file has it.</p>}
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
            <SecretField {...props} label={provider.secret} />
          </div>
          <WhereItGoes {...props} />
        </>
      )}
      {provider.link && <ExternalLink link={provider.link.key} label={provider.link.label} />}
    </div>
  );
}

/** By password, or in one of the provider's ways with a token. */
function Ways({ host, onHost }: Pick<SignInFormProps, "host" | "onHost">) {
  const { signIn } = host;
  const ways = tokenWays[host.provider] ?? [];
  const choose = (value: string) => {
    const way = ways.find((each) => each.grant === value);
    onHost({ ...host, signIn: way ? tokenSignIn(host.provider, way.grant, signIn) : { kind: "password", user: userOf(signIn) } });
  };
  return (
    <Field label="How does Outtray sign in?">
      <RadioGroup layout="horizontal" value={signIn.kind === "oauth" ? signIn.grant.kind : signIn.kind} onChange={(_, { value }) => choose(value)}>
        <Radio value="password" label="With a password" />
        {ways.map((way) => (
          <Radio key={way.grant} value={way.grant} label={way.label} />
        ))}
      </RadioGroup>
    </Field>
  );
}

/** What the token is made with, as its owner knows it. */
function tokenSecret(signIn: SignIn & { kind: "oauth" }): Provider["secret"] {
  if (signIn.grant.kind === "jwtBearer") return { label: "Key file", hint: "Paste all of the service account’s key file (JSON)." };
  if (signIn.grant.kind === "clientCredentials" && signIn.grant.certificateFile !== null)
    return { label: "Private key", hint: "Paste the key in PEM form, without a pass phrase." };
  return { label: "Client secret", hint: "Its value, not its ID. It is shown only once, when it is made." };
}

function SecretField({ label, host, secret, stored, store, lane, onSecret, onLeave }: SignInFormProps & { label: Provider["secret"] }) {
  const [seen, setSeen] = useState(false);
  const { smartHost, otherSmartHosts } = useSnapshot().settings.settings;
  const inForce = (lane === undefined ? smartHost : otherSmartHosts.find(({ name }) => name === lane)?.smartHost)?.signIn;
  const readOnly = store.kind === "credentialsDirectory";
  // What is stored for another kind of sign-in is no secret of this one.
  const isSet = stored?.isSet === true && (inForce === undefined || sameSecret(inForce, host.signIn));
  return (
    <Field label={label.label} hint={label.hint} required={!isSet}>
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
