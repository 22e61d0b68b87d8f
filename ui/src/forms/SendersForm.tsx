/**
 * Who may send: this machine's networks to tick, and whatever is added by hand.
 */
import { Button, Checkbox, Field, Input } from "@fluentui/react-components";
import { Add20Regular, Delete20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { allowing } from "../bridge/make";
import type { AccessRule, MachineView, SettingsProblem } from "../bridge/bridge";
import { wrongAt } from "./check";
import { ConfirmWord } from "./ConfirmWord";
import styles from "./forms.module.css";
import { readNetwork, sayAddresses } from "../bridge/network";

interface SendersFormProps {
  rules: AccessRule[];
  machine: MachineView | null;
  problems: SettingsProblem[];
  onChange(rules: AccessRule[]): void;
  /** Asks the host about a list with one more entry; true when it takes it. */
  onTry(rules: AccessRule[]): Promise<SettingsProblem[]>;
  onLeave(): void;
}

export function SendersForm({ rules, machine, problems, onChange, onTry, onLeave }: SendersFormProps) {
  const networks = machine?.networks ?? [];
  const own = new Set(networks.map((network) => network.network));
  const others = rules.map((entry, at) => ({ entry, at })).filter(({ entry }) => !own.has(entry.network));
  const toggle = (network: string, name: string, checked: boolean) =>
    onChange(checked ? [...rules, allowing(network, name)] : rules.filter((entry) => entry.network !== network));
  return (
    <div className={styles.stack}>
      {networks.length > 0 && (
        <fieldset className={styles.fieldset}>
          <legend className={styles.legend}>Networks of this machine</legend>
          <ul className={styles.list}>
            {networks.map((network) => {
              const at = rules.findIndex((entry) => entry.network === network.network && entry.action === "allow");
              return (
                <li key={network.network} className={styles.item}>
                  <Checkbox
                    checked={at >= 0}
                    disabled={!network.private && at < 0}
                    onChange={(_, { checked }) => toggle(network.network, network.card, checked === true)}
                    label={
                      <span className={styles.itemText}>
                        <strong>{network.network}</strong>
                        <small>
                          {network.addresses === null ? "practically unlimited addresses" : sayAddresses(network.addresses)} · {network.card} · this machine is {network.address}
                        </small>
                      </span>
                    }
                  />
                  {!network.private && <span className={styles.hint}>public addresses</span>}
                  {at >= 0 && (
                    <Input
                      aria-label={`Name of ${network.network}`}
                      title="What people call this network"
                      value={rules[at]?.name ?? ""}
                      placeholder="Name, for example Office"
                      onChange={(_, { value }) => onChange(rules.map((other, index) => (index === at ? { ...other, name: value } : other)))}
                      onBlur={onLeave}
                    />
                  )}
                  {at >= 0 && wrongAt(problems, `rules[${at}].network`) && <div className={styles.itemWrong}>{wrongAt(problems, `rules[${at}].network`)}</div>}
                </li>
              );
            })}
          </ul>
        </fieldset>
      )}
      <fieldset className={styles.fieldset}>
        <legend className={styles.legend}>{networks.length > 0 ? "Others" : "Allowed networks and devices"}</legend>
        <div className={styles.list}>
          {others.length > 0 && (
            <ul>
              {others.map(({ entry, at }) => (
                <li key={entry.network} className={styles.item}>
                  <div className={styles.row} style={{ alignItems: "center" }}>
                    <span className={styles.itemText}>
                      <strong>{entry.network}</strong>
                      <small>{entry.action === "refuse" ? "Refused: nothing is taken from there" : say(entry)}</small>
                    </span>
                    <Input
                      aria-label={`Name of ${entry.network}`}
                      value={entry.name}
                      placeholder="Name, for example Warehouse printers"
                      onChange={(_, { value }) => onChange(rules.map((other, index) => (index === at ? { ...other, name: value } : other)))}
                      onBlur={onLeave}
                    />
                  </div>
                  <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${entry.network}`} title="Remove" onClick={() => onChange(rules.filter((_, index) => index !== at))} />
                  {wrongAt(problems, `rules[${at}].network`) && <div className={styles.itemWrong}>{wrongAt(problems, `rules[${at}].network`)}</div>}
                </li>
              ))}
            </ul>
          )}
          <AddNetwork rules={rules} onChange={onChange} onTry={onTry} />
        </div>
      </fieldset>
      {rules.length === 0 && <p className={styles.itemWrong}>Nobody may send yet: every device would be refused.</p>}
    </div>
  );
}

function AddNetwork({ rules, onChange, onTry }: Pick<SendersFormProps, "rules" | "onChange" | "onTry">) {
  const [network, setNetwork] = useState("");
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState("");
  const [sure, setSure] = useState(false);
  const read = readNetwork(network);
  const open = read?.publicAddresses === true;

  const entry = (): AccessRule => allowing(read?.canonical ?? network.trim(), name.trim(), open && sure);
  const ask = async (): Promise<boolean> => {
    if (network.trim() === "") {
      setWrong("");
      return false;
    }
    const list = [...rules, entry()];
    const found = (await onTry(list)).find((problem) => problem.field.startsWith(`rules[${list.length - 1}]`));
    setWrong(found ? (wrongAt([found], found.field) ?? "") : "");
    return !found;
  };
  const add = async () => {
    if (!(await ask())) return;
    onChange([...rules, entry()]);
    setNetwork("");
    setName("");
    setSure(false);
  };
  const hint = read && (read.addresses === 1n ? "1 address" : `${sayAddresses(read.addresses)}: ${read.first} to ${read.last}`);
  return (
    <form
      className={styles.add}
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className={styles.row}>
        <Field
          label="Subnet, range or address"
          hint={hint ?? "Such as 192.168.1.0/24, 192.168.1.20-192.168.1.40 or 192.168.1.7"}
          {...(wrong && !(open && !sure) ? { validationMessage: wrong, validationState: "error" as const } : {})}
        >
          <Input
            value={network}
            spellCheck={false}
            onChange={(_, { value }) => {
              setNetwork(value);
              setWrong("");
            }}
            onBlur={() => void ask()}
          />
        </Field>
        <Field label="Name" hint="What people call it: Warehouse printers">
          <Input value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Button type="submit" icon={<Add20Regular />} disabled={network.trim() === "" || (open && !sure)} style={{ flex: "0 0 auto", marginTop: 26 }}>
          Add
        </Button>
      </div>
      {open && (
        <div style={{ marginTop: 12 }} role="group" aria-label="Public addresses">
          <ConfirmWord key={read.canonical} network={network} onSure={setSure} />
        </div>
      )}
    </form>
  );
}

function say(entry: AccessRule): string {
  const read = readNetwork(entry.network);
  if (!read) return "";
  return `${sayAddresses(read.addresses)}${read.publicAddresses ? ", public on purpose" : ""}`;
}
