/**
 * Signing in with a token: what the application is called, who signs in, and how that goes on.
 */
import { Button, Field, Input, Link, Spinner } from "@fluentui/react-components";
import { Open20Regular } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";

import { LINKS, type LinkKey, type Problem, type SettingsProblem, type SignInView, type SmartHostSettings } from "../bridge/bridge";
import { useAsk, useDesktop, useSnapshot } from "../live/provider";
import { Notice } from "../parts/Notice";
import { useWindow } from "../window";
import { clockTime, sayProblem, sayRefused, saySignIn, wantsSomebody } from "../words";
import { fieldState } from "./check";
import { CopyButton } from "./CopyButton";
import styles from "./forms.module.css";
import { providerName } from "./providers";
import type { Oauth } from "./tokenWays";

interface OauthFormProps {
  host: SmartHostSettings;
  signIn: Oauth;
  secret: string;
  /** The field for the application's secret, where there is one. */
  secretField: ReactNode;
  problems: SettingsProblem[];
  onHost(host: SmartHostSettings): void;
  onLeave(): void;
  /** A provider beside the usual one, by name. */
  lane?: string;
}

export function OauthForm({ host, signIn, secret, secretField, problems, onHost, onLeave, lane }: OauthFormProps) {
  const put = (next: Partial<Oauth>) => onHost({ ...host, signIn: { ...signIn, ...next } });
  const { service, grant } = signIn;
  // Only what is wrong with what stands there now, and an empty field is no more than wanted: a complaint that goes away
  // when the field is left would move the button below from under the pointer.
  const field = (label: string, hint: string, value: string, at: string, onChange: (value: string) => void, placeholder = "") => (
    <Field label={label} hint={hint} required {...fieldState(problems.filter((problem) => value !== "" && problem.value === value), `smartHost.signIn.${at}`)}>
      <Input value={value} placeholder={placeholder} autoComplete="off" spellCheck={false} onChange={(_, data) => onChange(data.value.trim())} onBlur={onLeave} />
    </Field>
  );
  const isGraph = host.protocol.kind === "microsoftGraph";
  return (
    <>
      <div className={styles.row}>
        {field("Mailbox", "The mailbox that sends, best one of its own for the relay.", signIn.user, "user", (user) => put({ user }), "relay@example.com")}
        {service.kind === "microsoft365" &&
          field("Directory (tenant) ID", "Or a domain of it. Entra admin centre, App registrations, Overview.", service.tenant, "service.tenant", (tenant) => put({ service: { ...service, tenant } }), "contoso.onmicrosoft.com")}
      </div>
      <div className={styles.row}>
        {field(
          grant.kind === "jwtBearer" ? "Service account" : service.kind === "google" ? "Client ID" : "Application (client) ID",
          grant.kind === "jwtBearer" ? "Its mail address, as in the key file (client_email)." : "Of the application you registered for Outtray.",
          signIn.clientId,
          "clientId",
          (clientId) => put({ clientId }),
        )}
        {secretField}
      </div>
      {grant.kind === "clientCredentials" && grant.certificateFile === null && (
        <Field
          label="Last day of the secret"
          hint="Shown beside it where it was made. Outtray tells you a month before."
          style={{ maxWidth: 420 }}
          {...fieldState(problems, "smartHost.signIn.grant.secretEnds")}
        >
          <Input type="date" value={grant.secretEnds ?? ""} onChange={(_, { value }) => put({ grant: { ...grant, secretEnds: value === "" ? null : value } })} onBlur={onLeave} />
        </Field>
      )}
      {service.kind === "microsoft365" && grant.kind === "deviceCode" && (
        <p className={styles.hint}>
          Register an application in the Entra admin centre; under Authentication allow public client flows, under API permissions add the delegated{" "}
          {isGraph ? "Mail.Send and Mail.ReadWrite of Microsoft Graph" : "SMTP.Send"}.
        </p>
      )}
      {service.kind === "microsoft365" && grant.kind === "clientCredentials" && <MailboxRight user={signIn.user} clientId={signIn.clientId} isGraph={isGraph} />}
      {wantsSomebody(signIn) && <SignInBox host={host} secret={secret} {...(lane === undefined ? {} : { lane })} />}
    </>
  );
}

/** What an administrator does once, so that the application may use the mailbox. */
function MailboxRight({ user, clientId, isGraph }: { user: string; clientId: string; isGraph: boolean }) {
  const [object, setObject] = useState("");
  const quoted = (text: string, other: string) => `'${(text === "" ? other : text).replaceAll("'", "''")}'`;
  const id = quoted(object, "OBJECT-ID");
  const mailbox = quoted(user, "relay@example.com");
  const begin = ["Connect-ExchangeOnline", `New-ServicePrincipal -AppId ${quoted(clientId, "APPLICATION-ID")} -ObjectId ${id} -DisplayName 'Outtray'`];
  // Roles for applications, limited to this one mailbox (learn.microsoft.com, "Role Based Access Control for Applications").
  const graph = [
    `New-ManagementScope -Name 'Outtray' -RecipientRestrictionFilter "PrimarySmtpAddress -eq ${mailbox}"`,
    `New-ManagementRoleAssignment -App ${id} -Role 'Application Mail.Send' -CustomResourceScope 'Outtray'`,
    `New-ManagementRoleAssignment -App ${id} -Role 'Application Mail.ReadWrite' -CustomResourceScope 'Outtray'`,
    `Test-ServicePrincipalAuthorization -Identity ${id} -Resource ${mailbox}`,
  ];
  const smtp = [
    `Add-MailboxPermission -Identity ${mailbox} -User ${id} -AccessRights FullAccess`,
    `Set-CASMailbox -Identity ${mailbox} -SmtpClientAuthenticationDisabled $false`,
  ];
  const lines = [...begin, ...(isGraph ? graph : smtp)];
  return (
    <div className={styles.stack}>
      <p className={styles.hint}>
        {isGraph
          ? "The application needs no permission in the Entra admin centre: an administrator gives it the right to this one mailbox, once, in Exchange Online PowerShell."
          : "In the Entra admin centre give the application the application permission SMTP.SendAsApp (Office 365 Exchange Online) and grant admin consent. Then an administrator says once in Exchange Online PowerShell:"}{" "}
        It can take half an hour to count.
      </p>
      <Field label="Object ID of the enterprise application" hint="Enterprise applications, the application, Overview. Not the object ID of the app registration." style={{ maxWidth: 420 }}>
        <Input value={object} autoComplete="off" spellCheck={false} onChange={(_, { value }) => setObject(value.trim())} />
      </Field>
      <div className={styles.command}>
        <code style={{ whiteSpace: "pre-wrap" }}>{lines.join("\n")}</code>
        <CopyButton size="small" text={lines.join("\n")} label="Copy commands" />
      </div>
    </div>
  );
}

/** Begins a sign-in, shows what is to be done, and how it ended. */
function SignInBox({ host, secret, lane }: { host: SmartHostSettings; secret: string; lane?: string }) {
  const ask = useAsk();
  const { settings } = useSnapshot();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const view = lane === undefined ? settings.signIn : (settings.otherSignIns.find(({ name }) => name === lane)?.signIn ?? null);
  const end = (act: "cancelSignIn" | "signOut") => void ask(lane === undefined ? { ask: act } : { ask: "lane", lane, act });
  const begin = async () => {
    setWrong("");
    setBusy(true);
    const answer = await ask({ ask: "beginSignIn", smartHost: host, secret: secret === "" ? null : secret, ...(lane === undefined ? {} : { lane }) });
    setBusy(false);
    if (answer.kind === "problems") setWrong(answer.problems.map((problem) => `${problem.wrong}: ${problem.remedy}.`).join(" "));
    else if (answer.kind === "refused") setWrong(answer.refused.why === "trouble" ? said(answer.refused.problem, host) : sayRefused(answer.refused));
  };
  if (view?.waiting) return <Waiting waiting={view.waiting} onCancel={() => end("cancelSignIn")} />;
  return (
    <div className={styles.stack} role="status">
      <p>{saySignIn(view)}</p>
      {view?.untilRestart === true && <p className={styles.hint}>This machine has no credential store: after a restart somebody must sign in again.</p>}
      {wrong !== "" && <Notice tone="bad" title={wrong} />}
      {wrong === "" && view?.problem && (
        <Notice tone="warn" title={sayProblem(view.problem, providerName(host.provider, host.server)).title} said={view.problem.said ?? ""} saidLabel="What the sign-in service says" />
      )}
      <div className={styles.buttons}>
        <Button appearance={view?.signedIn === true ? "secondary" : "primary"} disabled={busy} onClick={() => void begin()}>
          {view?.signedIn === true ? "Sign in again" : "Sign in"}
        </Button>
        {view?.signedIn === true && <Button onClick={() => end("signOut")}>Sign out</Button>}
      </div>
    </div>
  );
}

function said(problem: Problem, host: SmartHostSettings): string {
  const words = sayProblem(problem, providerName(host.provider, host.server));
  return problem.said === undefined || problem.said === "" ? words.title : `${words.title} ${problem.said}`;
}

function Waiting({ waiting, onCancel }: { waiting: NonNullable<SignInView["waiting"]>; onCancel(): void }) {
  return (
    <div className={styles.stack} role="status">
      {waiting.kind === "deviceCode" ? (
        <>
          <p>Open this address with any browser, type the code, and sign in as the mailbox:</p>
          <div className={styles.command}>
            <code>{waiting.link}</code>
            <CopyButton size="small" text={waiting.link} label="Copy address" />
            <OpenButton link={waiting.link} />
            <code aria-label="Code">{waiting.code}</code>
            <CopyButton size="small" text={waiting.code} label="Copy code" />
          </div>
        </>
      ) : (
        <>
          <p>Open this address with a browser on this machine and sign in as the mailbox:</p>
          <div className={styles.command}>
            <code style={{ overflowWrap: "anywhere" }}>{waiting.link}</code>
            <CopyButton size="small" text={waiting.link} label="Copy address" />
          </div>
        </>
      )}
      <div className={styles.buttons}>
        <Spinner size="tiny" label={`Waiting until ${clockTime(waiting.until)}`} />
        <Link as="button" onClick={onCancel}>
          Give up
        </Link>
      </div>
    </div>
  );
}

/** Only for addresses that the window knows: what a service says never becomes a link by itself. */
function OpenButton({ link }: { link: string }) {
  const { openExternal } = useDesktop();
  const { tell } = useWindow();
  const key = (Object.keys(LINKS) as LinkKey[]).find((each) => LINKS[each] === link);
  if (key === undefined) return null;
  const open = async () => {
    if (!(await openExternal(key))) tell("warn", `Please open it yourself: ${link}`);
  };
  return (
    <Button size="small" icon={<Open20Regular />} onClick={() => void open()}>
      Open
    </Button>
  );
}
