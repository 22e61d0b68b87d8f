/**
 * Signing in to the provider, and the check that shows each step as it happens.
 */
import { Field, Input } from "@fluentui/react-components";
import { useCallback, type Dispatch } from "react";

import type { SecretView, SettingsProblem, SignIn } from "../../bridge/bridge";
import { ConnectionCheck, swapEncryption } from "../../forms/ConnectionCheck";
import { ownSendersOnly, providerName, providerOf } from "../../forms/providers";
import { SendAsAccount } from "../../forms/RewritingForm";
import { SignInForm } from "../../forms/SignInForm";
import { useSnapshot } from "../../live/provider";
import { PageHead } from "../../parts/Page";
import { senderOf, wantsSecret } from "../../words";
import type { Draft, Move } from "./steps";

interface SignInStepProps {
  draft: Draft;
  make: Dispatch<Move>;
  problems: SettingsProblem[];
  onLeave(): void;
  secret: string;
  onSecret(secret: string): void;
  stored: SecretView | undefined;
  untilRestart: boolean;
  onUntilRestart(untilRestart: boolean): void;
  secretIsThere: boolean;
}

export function SignInStep({ draft, make, problems, onLeave, secret, onSecret, stored, untilRestart, onUntilRestart, secretIsThere }: SignInStepProps) {
  const { settings } = useSnapshot();
  const host = draft.settings.smartHost;
  const onDone = useCallback((passed: boolean) => make({ kind: "check", check: passed ? "passed" : "none" }), [make]);
  if (!host) return <PageHead title="Sign-in" sub="Choose a mail provider first." />;

  const { signIn } = host;
  const own = senderOf(signIn);
  const sender = draft.sender !== "" ? draft.sender : own !== "" ? own : null;
  const missing = signIn.kind === "oauth" ? missingForToken(signIn, secretIsThere) : signIn.kind === "password" && (signIn.user === "" ? "Type the user name first." : !secretIsThere ? `Type the ${providerOf(host.provider).secret.label.toLowerCase().replace("api", "API").replace("smtp", "SMTP")} first.` : null);
  return (
    <>
      <PageHead title={`Sign in to ${providerName(host.provider, host.server)}`} sub={`${host.server}, port ${host.port}`} />
      <SignInForm
        host={host}
        secret={secret}
        stored={stored}
        store={settings.store}
        untilRestart={untilRestart}
        problems={problems}
        onHost={(next) => make({ kind: "host", host: next })}
        onSecret={onSecret}
        onUntilRestart={onUntilRestart}
        onLeave={onLeave}
      />
      {own !== "" && ownSendersOnly(host) && <SendAsAccount host={host} account={own} onChange={(next) => make({ kind: "host", host: next })} />}
      {own === "" && (
        <Field label="An address your devices send from" hint="Optional. With it the check also asks whether the provider accepts that sender." style={{ maxWidth: 420 }}>
          <Input type="email" value={draft.sender} placeholder="scanner@example.com" spellCheck={false} onChange={(_, { value }) => make({ kind: "sender", sender: value.trim() })} />
        </Field>
      )}
      <ConnectionCheck
        host={host}
        secret={secret === "" ? null : secret}
        sender={sender}
        hindrance={missing || null}
        primary={draft.check === "none"}
        onDone={onDone}
        onSwap={() => make({ kind: "host", host: swapEncryption(host) })}
      />
    </>
  );
}

function missingForToken(signIn: SignIn & { kind: "oauth" }, secretIsThere: boolean): string | null {
  if (signIn.user === "" || signIn.clientId === "") return "Fill in mailbox and application first.";
  return wantsSecret(signIn) && !secretIsThere ? "Enter the application’s secret first." : null;
}
