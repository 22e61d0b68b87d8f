/**
 * Which address the provider sees mail from, where it takes only some: all from one, or by a list; and, computed by the
 * engine itself, what becomes of a sender.
 */
import { Button, Checkbox, Field, Input, Radio, RadioGroup, Select } from "@fluentui/react-components";
import { Add20Regular, ArrowRight20Regular, Delete20Regular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import type { DisplayName, RewritingRow, RewritingSettings, RewrittenView, SettingsProblem, SmartHostSettings } from "../bridge/bridge";
import { useAsk } from "../live/provider";
import { Notice } from "../parts/Notice";
import { userOf } from "../words";
import { fieldState, sayWrong, wrongAt } from "./check";
import styles from "./forms.module.css";
import { ownSendersOnly, providerName } from "./providers";
import own from "./RewritingForm.module.css";

interface RewritingFormProps {
  host: SmartHostSettings;
  problems: SettingsProblem[];
  /** A sender to try it with. */
  example: string;
  onChange(host: SmartHostSettings): void;
  onLeave(): void;
}

/** So long nobody types before the engine is asked. */
const PAUSE_MS = 200;
const FIELD = "smartHost.rewriting.senders";

const everySender: RewritingSettings = { senders: { kind: "all", address: null }, displayName: "kept", replyTo: true };

const nameLabel: Record<DisplayName, string> = {
  kept: "The name the device gives itself",
  address: "The device’s own address",
  nameAndAddress: "Both, name and address",
};

export function RewritingForm({ host, problems, example, onChange, onLeave }: RewritingFormProps) {
  const { rewriting } = host;
  const put = (next: RewritingSettings | null) => onChange({ ...host, rewriting: next });
  const account = userOf(host.signIn);
  const choose = (kind: string) => {
    if (kind === "none") put(null);
    else if (kind === "all") put({ ...(rewriting ?? everySender), senders: { kind, address: account.includes("@") ? null : "" } });
    else if (kind === "rows") put({ ...(rewriting ?? everySender), senders: { kind, rows: [{ from: "*", to: account.includes("@") ? account : "" }] } });
  };
  const wanted = rewriting === null && ownSendersOnly(host);
  return (
    <div className={styles.stack}>
      {wanted && (
        <Notice
          tone="warn"
          title={`${providerName(host.provider, host.server)} takes mail only from ${account.includes("@") ? account : "this account"} and addresses it may send as`}
          actions={<Button onClick={() => choose("all")}>Send all as the account</Button>}
        >
          <p>Devices that send as somebody else are refused there. Outtray can put the account’s address in place of theirs.</p>
        </Notice>
      )}
      <Field label="Mail goes there as from">
        <RadioGroup layout="horizontal" value={rewriting?.senders.kind ?? "none"} onChange={(_, { value }) => choose(value)}>
          <Radio value="none" label="Whoever sent it" />
          <Radio value="all" label="One address for all" />
          <Radio value="rows" label="Others, by a list" />
        </RadioGroup>
      </Field>
      {rewriting?.senders.kind === "all" && (
        <Field className={own.address ?? ""} label="This address" hint={account.includes("@") ? `Empty: the account that signs in, ${account}.` : "One that the provider lets this account send as."} {...fieldState(problems, `${FIELD}.address`)}>
          <Input value={rewriting.senders.address ?? ""} placeholder={account.includes("@") ? account : "mail@example.com"} spellCheck={false} onChange={(_, { value }) => put({ ...rewriting, senders: { kind: "all", address: value.trim() === "" ? null : value.trim() } })} onBlur={onLeave} />
        </Field>
      )}
      {rewriting?.senders.kind === "rows" && <Rows rows={rewriting.senders.rows} problems={problems} onChange={(rows) => put({ ...rewriting, senders: { kind: "rows", rows } })} onLeave={onLeave} />}
      {rewriting && (
        <>
          <Field className={own.address ?? ""} label="Readers see, before the new address">
            <Select value={rewriting.displayName} onChange={(_, { value }) => put({ ...rewriting, displayName: value as DisplayName })} onBlur={onLeave}>
              {(Object.keys(nameLabel) as DisplayName[]).map((name) => (
                <option key={name} value={name}>
                  {nameLabel[name]}
                </option>
              ))}
            </Select>
          </Field>
          <Checkbox checked={rewriting.replyTo} label="Answers go to the device’s own address (Reply-To)" onChange={(_, { checked }) => put({ ...rewriting, replyTo: checked === true })} />
          <Preview host={host} example={example} />
        </>
      )}
    </div>
  );
}

/** The one question of the setup: whether all mail goes as the account. */
export function SendAsAccount({ host, account, onChange }: { host: SmartHostSettings; account: string; onChange(host: SmartHostSettings): void }) {
  return (
    <div>
      <Checkbox checked={host.rewriting !== null} label={`Send all mail as ${account}`} onChange={(_, { checked }) => onChange({ ...host, rewriting: checked === true ? (host.rewriting ?? everySender) : null })} />
      <p className={styles.hint}>{providerName(host.provider, host.server)} refuses other senders, unless the account may send as them. Answers still go to the device’s own address.</p>
    </div>
  );
}

function Rows({ rows, problems, onChange, onLeave }: { rows: RewritingRow[]; problems: SettingsProblem[]; onChange(rows: RewritingRow[]): void; onLeave(): void }) {
  const wrong = wrongAt(problems, `${FIELD}.rows`);
  return (
    <fieldset className={styles.fieldset}>
      <legend className={styles.legend}>Senders and what they become; the first line that fits decides</legend>
      <ol className={own.rows}>
        {rows.map((row, at) => (
          <li key={at} className={own.row}>
            <Field {...fieldState(problems, `${FIELD}.rows[${at}].from`)}>
              <Input aria-label={`Sender ${at + 1}`} value={row.from} placeholder="scanner@office.example, office.example or *" spellCheck={false} onChange={(_, { value }) => onChange(rows.with(at, { ...row, from: value.trim() }))} onBlur={onLeave} />
            </Field>
            <ArrowRight20Regular className={own.arrow ?? ""} aria-hidden="true" />
            <Field {...fieldState(problems, `${FIELD}.rows[${at}].to`)}>
              <Input aria-label={`Becomes ${at + 1}`} value={row.to} placeholder="mail@example.com" spellCheck={false} onChange={(_, { value }) => onChange(rows.with(at, { ...row, to: value.trim() }))} onBlur={onLeave} />
            </Field>
            <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove line ${at + 1}`} title="Remove" onClick={() => onChange(rows.filter((_, other) => other !== at))} />
          </li>
        ))}
      </ol>
      {wrong !== undefined && <p className={styles.itemWrong}>{wrong}</p>}
      <Button icon={<Add20Regular />} onClick={() => onChange([{ from: "", to: rows.at(-1)?.to ?? "" }, ...rows])}>
        Add a line in front
      </Button>
      <p className={`${styles.hint} ${own.hint ?? ""}`}>An address, a domain, .example.com for its subdomains, or * for everybody. Who fits no line stays as he is.</p>
    </fieldset>
  );
}

/** Asked of the engine, whose code will do it. */
function Preview({ host, example }: { host: SmartHostSettings; example: string }) {
  const ask = useAsk();
  const [from, setFrom] = useState(example);
  const [found, setFound] = useState<RewrittenView | string | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const answer = await ask({ ask: "senderBecomes", smartHost: host, from });
      if (!current) return;
      if (answer.kind === "rewritten") setFound(answer.rewritten);
      else setFound(answer.kind === "problems" ? answer.problems.map(sayWrong).join(" ") : null);
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [ask, host, from]);
  return (
    <div className={own.preview}>
      <Field label="Try it: mail from">
        <Input value={from} placeholder="Scanner <scanner@office.example>" spellCheck={false} onChange={(_, { value }) => setFrom(value)} />
      </Field>
      <div className={own.becomes} role="status" aria-live="polite">
        {typeof found === "string" && <p>{found}</p>}
        {found !== null && typeof found !== "string" && <Becomes found={found} />}
      </div>
    </div>
  );
}

function Becomes({ found }: { found: RewrittenView }) {
  if (found.originalFrom === null) return <p>stays as it is.</p>;
  return (
    <dl className={own.facts}>
      <dt>becomes</dt>
      <dd className="mono">{found.from}</dd>
      <dt>Answers go to</dt>
      <dd className="mono">{found.replyTo ?? found.from}</dd>
      <dt>The provider’s reports go to</dt>
      <dd className="mono">{found.envelope === "" ? "nobody" : found.envelope}</dd>
    </dl>
  );
}
