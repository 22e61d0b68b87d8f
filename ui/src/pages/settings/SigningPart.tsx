/**
 * Domains whose mail is signed: the key of each, what is to be published, and whether it is.
 */
import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Select, Switch } from "@fluentui/react-components";
import { Add20Regular, Copy16Regular, Delete20Regular, Search20Regular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import type { DkimAlgorithm, DkimDomain, DkimFound, DkimKeyView, SettingsProblem } from "../../bridge/bridge";
import { fieldState, sayWrong } from "../../forms/check";
import formStyles from "../../forms/forms.module.css";
import { useAsk, useSnapshot } from "../../live/provider";
import { copyText } from "../../parts/copy";
import { Notice } from "../../parts/Notice";
import { Card, Section } from "../../parts/Page";
import { Working } from "../../parts/Working";
import { useWindow } from "../../window";
import { canKeep, sayFoundKey, sayRefused, userOf } from "../../words";
import type { PartProps } from "./SetupParts";
import styles from "./signing.module.css";

export function SigningPart({ draft, change, problems }: PartProps) {
  const [adding, setAdding] = useState(false);
  const put = (dkim: DkimDomain[]) => change({ ...draft, dkim });
  const usual = draft.lists.ownDomains[0] ?? userOf(draft.smartHost?.signIn).split("@")[1] ?? "";
  return (
    <Section
      title="Signatures (DKIM)"
      sub="A signature shows receivers that mail is your domain’s own and was not changed on its way. Outtray signs last, after everything else is done to a message."
      actions={
        <Button icon={<Add20Regular />} onClick={() => setAdding(true)}>
          Add a domain
        </Button>
      }
    >
      {draft.dkim.length === 0 ? (
        <Card>
          <p className="quiet">Nothing is signed here. Large providers sign by themselves what they send for you; Microsoft 365 and Amazon SES also rebuild messages, and a signature made before would break there. Sign here when your provider does not.</p>
        </Card>
      ) : (
        <div className={formStyles.stack}>
          {draft.dkim.map((entry, at) => (
            <DomainCard
              key={`${entry.selector}.${entry.domain}`}
              entry={entry}
              problems={problems.filter((problem) => problem.field.startsWith(`dkim[${at}]`))}
              onChange={(next) => put(draft.dkim.with(at, next))}
              onRemove={() => put(draft.dkim.filter((_, other) => other !== at))}
            />
          ))}
        </div>
      )}
      {adding && (
        <AddDomain
          domain={draft.dkim.some((entry) => entry.domain === usual) ? "" : usual}
          taken={draft.dkim}
          onCancel={() => setAdding(false)}
          onAdd={(entry) => {
            setAdding(false);
            put([...draft.dkim, entry]);
          }}
        />
      )}
    </Section>
  );
}

interface DomainCardProps {
  entry: DkimDomain;
  problems: SettingsProblem[];
  onChange(entry: DkimDomain): void;
  onRemove(): void;
}

function DomainCard({ entry, problems, onChange, onRemove }: DomainCardProps) {
  const ask = useAsk();
  const { tell } = useWindow();
  const { store } = useSnapshot().settings;
  const { domain, selector } = entry;
  const [view, setView] = useState<DkimKeyView | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let current = true;
    void ask({ ask: "dkimKey", domain, selector }).then((answer) => {
      if (!current) return;
      if (answer.kind === "dkimKey") setView(answer.key);
      else setTrouble(answer.kind === "refused" ? sayRefused(answer.refused) : "");
    });
    return () => {
      current = false;
    };
  }, [ask, domain, selector]);
  const make = async () => {
    const answer = await ask({ ask: "newDkimKey", domain, selector, algorithm: "rsa", replace: false, untilRestart: !canKeep(store) });
    if (answer.kind === "dkimKey") setView(answer.key);
    else if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  return (
    <Card>
      <div className={formStyles.stack} role="group" aria-label={`Signature of ${domain}`}>
        <div className={styles.head}>
          <div>
            <h3>{domain}</h3>
            <p className="quiet">
              {view?.key ? kinds[view.key.algorithm] : "Key"} “{selector}”{view?.key?.untilRestart ? ", kept until the next restart only" : ""}
            </p>
          </div>
          <Switch checked={entry.enabled} label="Sign its mail" onChange={(_, { checked }) => onChange({ ...entry, enabled: checked })} />
          <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${domain}, ${selector}`} title="Remove; the key stays in the credential store" onClick={onRemove} />
        </div>
        {problems.map((problem) => (
          <p key={problem.field} className={formStyles.itemWrong}>
            {sayWrong(problem)}
          </p>
        ))}
        {trouble !== "" && <p className={formStyles.itemWrong}>{trouble}</p>}
        {view === null && trouble === "" && <Working />}
        {view?.key === null && (
          <Notice tone="warn" title="There is no key in the credential store" actions={<Button onClick={() => void make()}>Make a key</Button>}>
            <p>{entry.enabled ? "While this is in force mail waits rather than going out unsigned." : "Before mail can be signed it needs one."}</p>
          </Notice>
        )}
        {view?.key && <Published view={view} />}
      </div>
    </Card>
  );
}

const kinds: Record<DkimAlgorithm, string> = { rsa: "RSA key", ed25519: "Ed25519 key" };

/** What is to be published, and whether it is. */
function Published({ view }: { view: DkimKeyView }) {
  const ask = useAsk();
  const [looking, setLooking] = useState(false);
  const [found, setFound] = useState<DkimFound | string | null>(null);
  const look = async () => {
    setLooking(true);
    const answer = await ask({ ask: "lookUpDkimKey", domain: view.domain, selector: view.selector });
    setLooking(false);
    if (answer.kind === "dkimFound") setFound(answer.found);
    else setFound(answer.kind === "refused" ? sayRefused(answer.refused) : null);
  };
  const key = view.key;
  if (!key) return null;
  const said = found === null || typeof found === "string" ? null : sayFoundKey(found);
  return (
    <>
      <dl className={styles.record}>
        <dt>Name of the TXT record</dt>
        <dd>
          <code>{view.recordName}</code>
          <Copy what="name" text={view.recordName} />
        </dd>
        <dt>Its value</dt>
        <dd>
          <code>{key.record}</code>
          <Copy what="value" text={key.record} />
        </dd>
      </dl>
      <div className={formStyles.buttons}>
        <Button icon={looking ? <Working size="extra-tiny" /> : <Search20Regular />} disabled={looking} onClick={() => void look()}>
          Look it up
        </Button>
        {key.record.length > 255 && <Copy what="zone file line" text={key.zoneLine} label="Copy as a line of a zone file" />}
        {key.record.length > 255 && <span className={formStyles.hint}>where a string may have 255 characters only</span>}
      </div>
      <div role="status" aria-live="polite">
        {typeof found === "string" && <p className={formStyles.itemWrong}>{found}</p>}
        {said && (
          <Notice tone={said.tone} title={said.title} said={said.said} saidLabel="What is there">
            <p>{said.advice}</p>
          </Notice>
        )}
      </div>
    </>
  );
}

function Copy({ what, text, label }: { what: string; text: string; label?: string }) {
  const { tell } = useWindow();
  const copy = async () => {
    if (await copyText(text)) tell("good", `The ${what} is copied.`);
    else tell("warn", "It could not be copied; mark it and copy it by hand.");
  };
  return (
    <Button size="small" appearance={label === undefined ? "subtle" : "secondary"} icon={<Copy16Regular />} aria-label={label ?? `Copy the ${what}`} title={label ?? `Copy the ${what}`} onClick={() => void copy()}>
      {label}
    </Button>
  );
}

interface AddDomainProps {
  domain: string;
  taken: readonly DkimDomain[];
  onCancel(): void;
  onAdd(entry: DkimDomain): void;
}

function AddDomain({ domain: usual, taken, onCancel, onAdd }: AddDomainProps) {
  const ask = useAsk();
  const { store } = useSnapshot().settings;
  const [domain, setDomain] = useState(usual);
  const [selector, setSelector] = useState("outtray");
  const [algorithm, setAlgorithm] = useState<DkimAlgorithm>("rsa");
  const [untilRestart, setUntilRestart] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<SettingsProblem[]>([]);
  const problem = (field: string, said: string) => setWrong([{ field, value: "", wrong: said, remedy: "" }]);
  const add = async () => {
    if (taken.some((entry) => entry.domain === domain && entry.selector === selector)) return problem("selector", "this key is in the list already; choose another selector for a second one");
    setBusy(true);
    // One that was made before is used again.
    const there = await ask({ ask: "dkimKey", domain, selector });
    const answer = there.kind === "dkimKey" && there.key.key === null ? await ask({ ask: "newDkimKey", domain, selector, algorithm, replace: false, untilRestart }) : there;
    setBusy(false);
    if (answer.kind === "dkimKey") onAdd({ domain, selector, enabled: true });
    else if (answer.kind === "refused" && answer.refused.why === "badValue") problem(answer.refused.field, answer.refused.said);
    else if (answer.kind === "refused") problem("domain", sayRefused(answer.refused).replace(/\.$/, ""));
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface style={{ maxWidth: 520 }}>
        <DialogBody>
          <DialogTitle>Sign mail of a domain</DialogTitle>
          <DialogContent>
            <div className={formStyles.stack}>
              <Field label="Domain" hint="The part behind the @ of your senders." required {...fieldState(wrong, "domain")}>
                <Input value={domain} placeholder="example.com" spellCheck={false} onChange={(_, { value }) => setDomain(value.trim().toLowerCase())} />
              </Field>
              <div className={formStyles.row}>
                <Field label="Selector" hint="The key’s own name; any will do." required {...fieldState(wrong, "selector")}>
                  <Input value={selector} spellCheck={false} onChange={(_, { value }) => setSelector(value.trim().toLowerCase())} />
                </Field>
                <Field label="Kind of key" hint={algorithm === "rsa" ? "Every receiver knows it." : "Short, but not every receiver knows it: best beside an RSA key."}>
                  <Select value={algorithm} onChange={(_, { value }) => setAlgorithm(value as DkimAlgorithm)}>
                    <option value="rsa">RSA, 2048 bits</option>
                    <option value="ed25519">Ed25519</option>
                  </Select>
                </Field>
              </div>
              {!canKeep(store) && <Checkbox checked={untilRestart} onChange={(_, { checked }) => setUntilRestart(checked === true)} label="Keep the key in memory until Outtray restarts: there is no credential store here that it could be written to" />}
              <p className={formStyles.hint}>The private key is made here and goes into the credential store. You then publish the other half in your domain’s DNS, and save.</p>
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onCancel}>Cancel</Button>
            <Button appearance="primary" disabled={busy || domain === "" || selector === ""} onClick={() => void add()}>
              {busy ? "Making the key…" : "Make a key"}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
