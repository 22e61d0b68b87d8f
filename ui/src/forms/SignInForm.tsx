/**
 * Exactly the fields this provider needs; the password goes in and never comes out.
 */
import { Button, Checkbox, Field, Input, Link, Radio, RadioGroup } from "@fluentui/react-components";
import { Eye20Regular, EyeOff20Regular, Open16Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { LINKS, type LinkKey, type ProviderSignIn, type SecretStoreView, type SecretView, type SettingsProblem, type SignIn, type SmartHostSettings } from "../bridge/bridge";
import { useDesktop, useSnapshot } from "../live/provider";
import { Notice } from "../parts/Notice";
import { useWindow } from "../window";
import { canKeep, sameSecret, sayStore, userOf, wantsSecret } from "../words";
import { fieldState } from "./check";
import styles from "./forms.module.css";
import { OauthForm } from "./OauthForm";
import { providerOf, type Provider } from "./providers";
import { tokenSignIn, tokenWays } from "./tokenWays";

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
      <Ways host={host} onHost={onHost} />
      {signIn.kind === "oauth" && (
        <>
          <OauthForm {...props} signIn={signIn} secretField={wantsSecret(signIn) ? <SecretField {...props} label={tokenSecret(signIn)} /> : null} />
          {wantsSecret(signIn) && <WhereItGoes {...props} />}
        </>
      )}
      {signIn.kind === "none" && <p className={styles.hint}>The provider knows this office by its public address. There is nothing to fill in here.</p>}
      {signIn.kind === "certificate" && (
        <div className={styles.row}>
          {(["certificateFile", "keyFile"] as const).map((name) => (
            <Field key={name} label={name === "keyFile" ? "Private key" : "Certificate"} hint="A file in PEM form." required {...fieldState(problems, `smartHost.signIn.${name}`)}>
              <Input value={signIn[name]} spellCheck={false} onChange={(_, { value }) => onHost({ ...host, signIn: { ...signIn, [name]: value } })} onBlur={onLeave} />
            </Field>
          ))}
        </div>
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
      {provider.link && <ExternalLink link={provider.link.key as LinkKey} label={provider.link.label} />}
    </div>
  );
}

const otherWays: Record<Exclude<ProviderSignIn, "oauth">, string> = {
  password: "With a password",
  none: "By this network’s address, no sign-in",
  certificate: "With a certificate",
};

/** In one of the provider's ways; nothing where there is only one. */
function Ways({ host, onHost }: Pick<SignInFormProps, "host" | "onHost">) {
  const { signIn } = host;
  const tokens = tokenWays[host.provider] ?? [];
  const ways = providerOf(host.provider).signIn.flatMap((kind) => (kind === "oauth" ? tokens.map(({ grant, label }) => ({ key: grant as string, label })) : [{ key: kind as string, label: otherWays[kind] }]));
  if (ways.length < 2) return null;
  const choose = (key: string) => {
    const token = tokens.find((each) => each.grant === key);
    onHost({ ...host, signIn: token ? tokenSignIn(host.provider, token.grant, signIn) : plainSignIn(key, signIn) });
  };
  return (
    <Field label="How does Outtray sign in?">
      <RadioGroup layout="horizontal" value={signIn.kind === "oauth" ? signIn.grant.kind : signIn.kind} onChange={(_, { value }) => choose(value)}>
        {ways.map(({ key, label }) => (
          <Radio key={key} value={key} label={label} />
        ))}
      </RadioGroup>
    </Field>
  );
}

function plainSignIn(key: string, before: SignIn): SignIn {
  if (key === "none") return { kind: "none" };
  if (key === "certificate") return { kind: "certificate", certificateFile: "", keyFile: "" };
  return { kind: "password", user: userOf(before) };
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
