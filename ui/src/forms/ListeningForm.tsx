/**
 * Where devices connect: the four usual ports with what holds them, and others by hand.
 */
import { Button, Checkbox, Field, Input, Radio, RadioGroup, Select } from "@fluentui/react-components";
import { Add20Regular, ArrowClockwise20Regular, Delete20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { listener as makeListener } from "../bridge/make";
import type { CertificateSettings, ListenerEncryption, ListenerSettings, PortView, SettingsProblem } from "../bridge/bridge";
import type { Machine } from "../live/machine";
import { useAsk, useSnapshot } from "../live/provider";
import { ToneLabel } from "../parts/Tone";
import { listenerEncryptionWords, portStateWords, portUse, sayRefused } from "../words";
import { fieldState, wrongAt } from "./check";
import { CertificateShown } from "./CertificateShown";
import { PortField } from "./fields";
import { TextList } from "./TextList";
import { hasIpv6, otherListeners, placesOf, USUAL_PORTS, usualListeners, withUsualPort } from "./usualPorts";
import styles from "./forms.module.css";

/** Name of the secret that opens the PFX file. */
const CERTIFICATE = "certificate";

interface ListeningFormProps {
  listeners: ListenerSettings[];
  machine: Machine;
  problems: SettingsProblem[];
  onChange(listeners: ListenerSettings[]): void;
  onLeave(): void;
  /** Ports that are held by another program, which is spoken of elsewhere on the page. */
  spokenOf?: number[];
}

export function ListeningForm({ listeners, machine, problems, onChange, onLeave, spokenOf = [] }: ListeningFormProps) {
  const others = otherListeners(listeners);
  const ipv6 = hasIpv6(machine.view);
  const replace = (at: number, listener: ListenerSettings) => onChange(listeners.with(at, listener));
  return (
    <div className={styles.stack}>
      <fieldset className={styles.fieldset}>
        <legend className="spoken">Ports on all addresses of this machine</legend>
        <div className={styles.legendRow}>
          <span className={styles.legend} aria-hidden="true">
            Ports on all addresses of this machine
          </span>
          <Button size="small" appearance="subtle" icon={<ArrowClockwise20Regular />} disabled={machine.looking} title="Which ports are free may have changed" onClick={machine.look}>
            {machine.looking ? "Looking…" : "Look again"}
          </Button>
        </div>
        <ul className={styles.list}>
          {USUAL_PORTS.map((port) => {
            const { at, twin } = placesOf(listeners, port);
            const wrongOf = (place: number) => (place < 0 ? undefined : (wrongAt(problems, `listeners[${place}].port`) ?? wrongAt(problems, `listeners[${place}].address`)));
            return (
              <UsualPort
                key={port}
                port={port}
                at={at}
                problems={problems}
                onLeave={onLeave}
                view={machine.view?.ports.find((each) => each.port === port)}
                listener={listeners[at]}
                ipv6={twin >= 0 ? "on" : ipv6 ? "offered" : "none"}
                explain={!spokenOf.includes(port)}
                wrong={wrongOf(at) ?? wrongOf(twin)}
                onChange={(listener, byIpv6) => onChange(withUsualPort(listeners, port, listener, byIpv6))}
              />
            );
          })}
        </ul>
      </fieldset>
      <fieldset className={styles.fieldset}>
        <legend className={styles.legend}>Other addresses and ports</legend>
        <div className={styles.list}>
          <ul>
            {others.map(({ listener, at }) => (
              <li key={at} className={styles.item}>
                <div className={styles.row}>
                  <Field label="Address" hint="0.0.0.0 stands for every address of this machine, :: for every IPv6 address." {...fieldState(problems, `listeners[${at}].address`)}>
                    <Input value={listener.address} spellCheck={false} onChange={(_, { value }) => replace(at, { ...listener, address: value.trim() })} onBlur={onLeave} />
                  </Field>
                  <PortField className={styles.narrow} label="Port" value={listener.port} onChange={(port) => replace(at, { ...listener, port })} onLeave={onLeave} {...fieldState(problems, `listeners[${at}].port`)} />
                  <Field label="Encryption">
                    <EncryptionSelect value={listener.encryption} onChange={(encryption) => replace(at, { ...listener, encryption })} label="" />
                  </Field>
                </div>
                <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove port ${listener.port} on ${listener.address}`} title="Remove" onClick={() => onChange(listeners.filter((_, index) => index !== at))} />
                <ExpertFields listener={listener} at={at} problems={problems} onChange={(next) => replace(at, next)} onLeave={onLeave} />
              </li>
            ))}
          </ul>
          <div className={styles.add}>
            <Button icon={<Add20Regular />} onClick={() => onChange([...listeners, makeListener("::", 25, "starttls")])}>
              Add a port
            </Button>
          </div>
        </div>
      </fieldset>
    </div>
  );
}

interface UsualPortProps {
  port: number;
  /** Its place among the listeners. */
  at: number;
  problems: SettingsProblem[];
  onLeave(): void;
  view: PortView | undefined;
  listener: ListenerSettings | undefined;
  wrong: string | undefined;
  explain: boolean;
  /** Whether devices can connect by IPv6 too; `none`: this machine has no such address. */
  ipv6: "on" | "offered" | "none";
  onChange(listener: ListenerSettings | null, byIpv6: boolean): void;
}

function UsualPort({ port, at, problems, onLeave, view, listener, wrong, explain, ipv6, onChange }: UsualPortProps) {
  const byIpv6 = ipv6 === "on";
  const [usual] = usualListeners(port, false);
  const blocked = view?.state === "taken" || view?.state === "forbidden";
  return (
    <li className={styles.item}>
      <Checkbox
        checked={listener !== undefined}
        onChange={(_, { checked }) => onChange((checked === true && usual) || null, ipv6 === "offered")}
        label={
          <span className={styles.itemText}>
            <strong>Port {port}</strong>
            <small>{portUse[port]}</small>
          </span>
        }
      />
      <span className={styles.itemSide}>
        {view && <ToneLabel tone={blocked ? "warn" : view.state === "ours" ? "busy" : "good"}>{portStateWords[view.state](view.holder)}</ToneLabel>}
        {listener && ipv6 !== "none" && <Checkbox checked={byIpv6} label="also by IPv6" aria-label={`Port ${port} also by IPv6`} onChange={(_, { checked }) => onChange(listener, checked === true)} />}
        {listener && <EncryptionSelect value={listener.encryption} onChange={(encryption) => onChange({ ...listener, encryption }, byIpv6)} label={`Encryption on port ${port}`} />}
      </span>
      {listener && <ExpertFields listener={listener} at={at} problems={problems} onChange={(next) => onChange(next, byIpv6)} onLeave={onLeave} />}
      {listener && blocked && !wrong && explain && (
        <div className={styles.hint} style={{ gridColumn: "1 / -1" }}>
          {view.state === "taken"
            ? `Stop ${view.holder ?? "the other program"} and look again, or use port 2525 and enter that port in the devices.`
            : "Outtray needs more rights for this port, or the system has reserved it."}
        </div>
      )}
      {wrong && <div className={styles.itemWrong}>{wrong}</div>}
    </li>
  );
}

interface ExpertFieldsProps {
  listener: ListenerSettings;
  at: number;
  problems: SettingsProblem[];
  onChange(listener: ListenerSettings): void;
  onLeave(): void;
}

/** What hardly any office needs: client certificates, and a TCP balancer in front. */
function ExpertFields({ listener, at, problems, onChange, onLeave }: ExpertFieldsProps) {
  const certificates = listener.clientCertificates;
  const wrong = problems.some((problem) => problem.field.startsWith(`listeners[${at}].clientCertificates`) || problem.field.startsWith(`listeners[${at}].proxies`));
  return (
    <details className={styles.folded} style={{ gridColumn: "1 / -1" }} {...(wrong ? { open: true } : {})}>
      <summary>Certificates of devices, balancer</summary>
      <div className={styles.row}>
        <div>
          <Checkbox
            checked={certificates !== null}
            disabled={listener.encryption === "plain"}
            label="Ask devices for a certificate"
            onChange={(_, { checked }) => onChange({ ...listener, clientCertificates: checked === true ? { authorityFile: "", required: false } : null })}
          />
          {certificates && (
            <>
              <Field label="Who may have issued it" hint="A PEM file with the authority’s certificate, on this machine." {...fieldState(problems, `listeners[${at}].clientCertificates.authorityFile`)}>
                <Input value={certificates.authorityFile} spellCheck={false} onChange={(_, { value }) => onChange({ ...listener, clientCertificates: { ...certificates, authorityFile: value } })} onBlur={onLeave} />
              </Field>
              <Checkbox checked={certificates.required} label="Nobody connects without one" onChange={(_, { checked }) => onChange({ ...listener, clientCertificates: { ...certificates, required: checked === true } })} />
            </>
          )}
        </div>
        <TextList
          label="Behind a balancer"
          hint="Addresses of TCP balancers that speak PROXY protocol version 2, one a line. Only they may connect in this way. Empty: none."
          values={listener.proxies}
          problems={problems}
          field={`listeners[${at}].proxies`}
          onChange={(proxies) => onChange({ ...listener, proxies })}
          onLeave={onLeave}
        />
      </div>
    </details>
  );
}

function EncryptionSelect({ value, onChange, label }: { value: ListenerEncryption; onChange(value: ListenerEncryption): void; label: string }) {
  return (
    <Select {...(label === "" ? {} : { "aria-label": label })} value={value} onChange={(_, data) => onChange(data.value as ListenerEncryption)}>
      {(["starttls", "implicit", "plain"] as const).map((kind) => (
        <option key={kind} value={kind}>
          {listenerEncryptionWords[kind].label}
        </option>
      ))}
    </Select>
  );
}

interface CertificateFormProps {
  certificate: CertificateSettings;
  problems: SettingsProblem[];
  onChange(certificate: CertificateSettings): void;
  onLeave(): void;
}

export function CertificateForm({ certificate, problems, onChange, onLeave }: CertificateFormProps) {
  const { settings } = useSnapshot();
  return (
    <div className={styles.stack}>
      <Field label="Certificate that devices see">
        <RadioGroup
          value={certificate.kind}
          onChange={(_, { value }) => onChange(value === "pem" ? { kind: "pem", certificateFile: "", keyFile: "" } : value === "pfx" ? { kind: "pfx", file: "" } : { kind: "selfSigned" })}
        >
          <Radio value="selfSigned" label="Made by Outtray. Scanners and printers hardly ever check it." />
          <Radio value="pem" label="The office’s own: a certificate and its key, each a file on this machine" />
          <Radio value="pfx" label="The office’s own: one PFX file, as Windows exports it" />
        </RadioGroup>
      </Field>
      {certificate.kind === "pfx" && (
        <div className={styles.row}>
          <Field label="PFX file" hint="On this machine; with the private key in it. A renewed file is taken by itself." {...fieldState(problems, "certificate.file")}>
            <Input value={certificate.file} spellCheck={false} onChange={(_, { value }) => onChange({ ...certificate, file: value })} onBlur={onLeave} />
          </Field>
          <CertificatePassword onStored={onLeave} />
        </div>
      )}
      {certificate.kind === "pem" && (
        <div className={styles.row}>
          <Field label="Certificate file" hint="PEM: a text that begins with BEGIN CERTIFICATE." {...fieldState(problems, "certificate.certificateFile")}>
            <Input value={certificate.certificateFile} spellCheck={false} onChange={(_, { value }) => onChange({ ...certificate, certificateFile: value })} onBlur={onLeave} />
          </Field>
          <Field label="Key file" hint="PEM too, and without a password." {...fieldState(problems, "certificate.keyFile")}>
            <Input value={certificate.keyFile} spellCheck={false} onChange={(_, { value }) => onChange({ ...certificate, keyFile: value })} onBlur={onLeave} />
          </Field>
        </div>
      )}
      {settings.certificate && <CertificateShown certificate={settings.certificate} />}
    </div>
  );
}

/** It goes to the credential store at once: a file can only be checked with its password. */
function CertificatePassword({ onStored }: { onStored(): void }) {
  const ask = useAsk();
  const { settings } = useSnapshot();
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const isSet = settings.secrets.some((secret) => secret.name === CERTIFICATE && secret.isSet);
  const store = async () => {
    const answer = await ask({ ask: "setSecret", name: CERTIFICATE, secret: password, untilRestart: settings.store.kind === "unavailable" });
    if (answer.kind !== "settings") return setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "It was not stored.");
    setPassword("");
    onStored();
  };
  return (
    <Field label="Its password" hint={isSet ? "Stored. It is never shown; type another to replace it." : "Goes to the credential store of this machine. Empty if the file has none."} {...(wrong === "" ? {} : { validationMessage: wrong, validationState: "error" as const })}>
      <span style={{ display: "flex", gap: 8 }}>
        <Input aria-label="Its password" type="password" autoComplete="off" style={{ flex: 1, minWidth: 0 }} value={password} onChange={(_, { value }) => (setWrong(""), setPassword(value))} />
        <Button disabled={password === ""} onClick={() => void store()}>
          Store
        </Button>
      </span>
    </Field>
  );
}
