/**
 * Which provider takes the mail, and at which server, port and encryption.
 */
import { Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";

import type { SettingsProblem, SmartHostSettings } from "../bridge/bridge";
import { Notice } from "../parts/Notice";
import { smartHostEncryptionWords } from "../words";
import { fieldState } from "./check";
import styles from "./forms.module.css";
import { PortField } from "./fields";
import { Folded } from "./Folded";
import { moreProviders, paceOf, providerOf, usualProviders, type Provider } from "./providers";

export function ProviderCards({ chosen, onChoose }: { chosen: string | null; onChoose(key: string): void }) {
  const cards = (providers: Provider[]) => (
    <div className={styles.cards}>
      {providers.map(({ key, name, summary }) => (
        <label key={key} className={styles.card}>
          <input type="radio" name="provider" value={key} checked={chosen === key} onChange={() => onChoose(key)} />
          <strong>{name}</strong>
          <span>{summary}</span>
        </label>
      ))}
    </div>
  );
  return (
    <fieldset className={styles.bare}>
      <legend className="spoken">Mail provider</legend>
      <div className={styles.stack}>
        {cards(usualProviders)}
        <Folded title="More providers" open={moreProviders.some(({ key }) => key === chosen)}>
          {cards(moreProviders)}
        </Folded>
      </div>
    </fieldset>
  );
}

export function ProviderConditions({ provider }: { provider: Provider }) {
  return (
    <div className={styles.stack}>
      {provider.caution && (
        <Notice tone="warn" title={provider.caution.title}>
          {provider.caution.text}
        </Notice>
      )}
      <div>
        <div className={styles.legend}>{provider.key === "other" ? "Good to know" : `What ${provider.name} asks for`}</div>
        <ul className={styles.conditions}>
          {provider.conditions.map((condition) => (
            <li key={condition}>{condition}</li>
          ))}
        </ul>
      </div>
      {(provider.spf !== undefined || provider.dkim !== undefined) && (
        <div>
          <div className={styles.legend}>In the DNS of your domain</div>
          <ul className={styles.conditions}>
            {provider.spf !== undefined && (
              <li>
                SPF: the record contains <span className="mono">include:{provider.spf}</span>
              </li>
            )}
            {provider.dkim !== undefined && <li>DKIM: {provider.dkim}</li>}
          </ul>
        </div>
      )}
    </div>
  );
}

interface ServerFieldsProps {
  host: SmartHostSettings;
  problems: SettingsProblem[];
  onChange(host: SmartHostSettings): void;
  onLeave(): void;
}

export function ServerFields({ host, problems, onChange, onLeave }: ServerFieldsProps) {
  const provider = providerOf(host.provider);
  const known = provider.servers.some((choice) => choice.server === host.server);
  const [typed, setTyped] = useState(provider.servers.length === 0 || !known);
  const wrongEncryption = (host.port === 465 && host.encryption === "starttls") || ((host.port === 587 || host.port === 25) && host.encryption === "implicit");
  return (
    <div className={styles.stack}>
      <div className={styles.row}>
        {typed ? (
          <Field className={styles.wide} label="Server" hint={provider.serverHint ?? ""} required {...fieldState(problems, "smartHost.server")}>
            <Input value={host.server} placeholder={provider.placeholder ?? "smtp.example.com"} spellCheck={false} onChange={(_, { value }) => onChange({ ...host, server: value.trim() })} onBlur={onLeave} />
          </Field>
        ) : (
          <Field className={styles.wide} label={provider.serverLabel ?? "Server"} hint={provider.serverLabel === undefined ? "" : host.server}>
            <Select
              value={host.server}
              onChange={(_, { value }) => {
                if (value === "") setTyped(true);
                else onChange({ ...host, server: value, pace: paceOf(provider, value) });
              }}
              onBlur={onLeave}
            >
              {provider.servers.map((choice) => (
                <option key={choice.server} value={choice.server}>
                  {choice.label}
                </option>
              ))}
              <option value="">Another server…</option>
            </Select>
          </Field>
        )}
        <PortField className={styles.narrow} label="Port" value={host.port} onChange={(port) => onChange({ ...host, port })} onLeave={onLeave} {...fieldState(problems, "smartHost.port")} />
        <Field label="Encryption" hint={smartHostEncryptionWords[host.encryption].hint} {...fieldState(problems, "smartHost.encryption")}>
          <Select value={host.encryption} onChange={(_, { value }) => onChange({ ...host, encryption: value as SmartHostSettings["encryption"] })} onBlur={onLeave}>
            {(["starttls", "implicit", "none"] as const).map((kind) => (
              <option key={kind} value={kind}>
                {smartHostEncryptionWords[kind].label}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      {wrongEncryption && (
        <p className={styles.hint}>
          Port {host.port} usually goes with {host.port === 465 ? "TLS from the start" : "STARTTLS"}.
        </p>
      )}
    </div>
  );
}
