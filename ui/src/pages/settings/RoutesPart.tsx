/**
 * Further providers, the order in which they stand in for each other, and which mail goes through which.
 */
import { Button, Field, Input, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { Add20Regular, Delete20Regular, Edit20Regular, ReOrderDotsVertical20Regular } from "@fluentui/react-icons";
import { useCallback, useState } from "react";

import type { NamedSmartHost, RouteSettings, Settings, SettingsProblem, SmartHostSettings } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import { ConnectionCheck, swapEncryption } from "../../forms/ConnectionCheck";
import { useDrag } from "../../forms/drag";
import dragStyles from "../../forms/drag.module.css";
import { moved, orderKeys, useRowKeys } from "../../forms/order";
import { PaceFields } from "../../forms/PaceFields";
import { ServerFields } from "../../forms/ProviderForm";
import { moreProviders, preset, providerName, usualProviders } from "../../forms/providers";
import { sayRemoval, withoutProvider } from "../../forms/removal";
import { SECRET, SignInForm } from "../../forms/SignInForm";
import { TextList } from "../../forms/TextList";
import { TimeoutFields } from "../../forms/TimeoutFields";
import formStyles from "../../forms/forms.module.css";
import { useSnapshot } from "../../live/provider";
import { Card, Empty, Section } from "../../parts/Page";
import { sayRoute, USUAL } from "../../words";
import { Order, OrderButtons } from "./Order";
import { RemoveProvider } from "./RemoveProvider";
import type { PartProps } from "./SetupParts";
import styles from "./settings.module.css";

export interface Typed {
  secret: string;
  onSecret(secret: string): void;
  untilRestart: boolean;
  onUntilRestart(untilRestart: boolean): void;
}

/** `typed` is the secret being typed for what is called so in the credential store. */
export function RoutesPart(props: PartProps & { typed(name: string): Typed }) {
  const { draft } = props;
  if (draft.smartHost === null) return <Empty title="No mail provider yet">The usual provider comes first; others can stand in for it, or take some of the mail.</Empty>;
  return (
    <>
      <Others {...props} />
      {draft.otherSmartHosts.length > 0 && (
        <>
          <Rest {...props} />
          <Routes {...props} />
        </>
      )}
    </>
  );
}

/** What a provider is called on this page. */
function nameOf(settings: Settings, name: string): string {
  const { smartHost } = settings;
  return name === USUAL && smartHost ? `${providerName(smartHost.provider, smartHost.server)} (the usual one)` : name;
}

const namesOf = (settings: Settings): string[] => [USUAL, ...settings.otherSmartHosts.map(({ name }) => name)];

function Others({ draft, change, problems, onLeave, typed }: PartProps & { typed(name: string): Typed }) {
  const { otherSmartHosts } = draft;
  const { settings, otherLanes } = useSnapshot();
  const rows = useRowKeys(otherSmartHosts.length);
  const [open, setOpen] = useState<number | null>(null);
  const put = (next: NamedSmartHost[], more: Partial<Settings> = {}) => change({ ...draft, otherSmartHosts: next, ...more });
  const add = (provider: string) => {
    const used = namesOf(draft);
    const base: string = provider === "other" ? "second" : provider;
    let name = base;
    for (let at = 2; used.includes(name); at += 1) name = `${base}-${at}`;
    setOpen(rows.add());
    put([...otherSmartHosts, { name, smartHost: preset(provider) }]);
  };
  const [asked, setAsked] = useState<{ at: number; name: string; said: string[] } | null>(null);
  const remove = (at: number) => {
    rows.remove(at);
    change(withoutProvider(draft, otherSmartHosts[at]?.name ?? ""));
  };
  const askToRemove = (at: number, name: string) => {
    const said = sayRemoval({ draft, view: settings, lanes: otherLanes, gone: name, say: (each) => nameOf(draft, each) });
    // One that was just added takes nothing along.
    if (said.length === 0) remove(at);
    else setAsked({ at, name, said });
  };
  return (
    <Section
      title="More providers"
      sub="Beside the usual one: to stand in for it when it is down, or for some of the mail."
      actions={
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button icon={<Add20Regular />}>Add a provider</Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {[...usualProviders, ...moreProviders].map(({ key, name }) => (
                <MenuItem key={key} onClick={() => add(key)}>
                  {name}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      }
    >
      {otherSmartHosts.length === 0 ? (
        <Card>
          <Empty title="Only the usual provider">When it cannot be reached, mail waits. With another one here it need not.</Empty>
        </Card>
      ) : (
        <ul className={styles.rows}>
          {otherSmartHosts.map((other, at) => {
            const key = rows.keys[at] ?? at;
            const mine = problemsOf(problems, at);
            const unfolded = open === key || mine.length > 0;
            return (
              <li key={key} className={styles.entry}>
                <div className={styles.line}>
                  <div>
                    <strong>{other.name}</strong>
                    <div className="quiet">
                      {providerName(other.smartHost.provider, other.smartHost.server)} · {other.smartHost.server === "" ? "no server yet" : `${other.smartHost.server}:${other.smartHost.port}`}
                    </div>
                  </div>
                  <div className={styles.acts}>
                    <Button appearance="subtle" icon={<Edit20Regular />} aria-label={`Change ${other.name}`} title="Change" aria-expanded={unfolded} onClick={() => setOpen(open === key ? null : key)} />
                    <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${other.name}`} title="Remove" onClick={() => askToRemove(at, other.name)} />
                  </div>
                </div>
                {unfolded && <OtherEditor other={other} at={at} problems={mine} all={problems} typed={typed(`${SECRET}:${other.name}`)} onChange={(next) => {
                  const { secret, onSecret } = { ...typed(`${SECRET}:${other.name}`), onSecret: typed(`${SECRET}:${next.name}`).onSecret };
                  if (next.name !== other.name && secret !== "") onSecret(secret);
                  put(otherSmartHosts.with(at, next), renamed(draft, other.name, next.name));
                }} onLeave={onLeave} />}
              </li>
            );
          })}
        </ul>
      )}
      {asked && (
        <RemoveProvider
          name={asked.name}
          said={asked.said}
          onCancel={() => setAsked(null)}
          onRemove={() => {
            remove(asked.at);
            setAsked(null);
            onLeave();
          }}
        />
      )}
    </Section>
  );
}

/** A new name counts wherever the old one stood. */
function renamed(draft: Settings, from: string, to: string): Partial<Settings> {
  if (from === to) return {};
  const put = (names: string[]) => names.map((name) => (name === from ? to : name));
  return { defaultRoute: put(draft.defaultRoute), routes: draft.routes.map((route) => ({ ...route, via: put(route.via) })) };
}

/** As the forms of the usual provider know them. */
function problemsOf(problems: SettingsProblem[], at: number): SettingsProblem[] {
  const prefix = `otherSmartHosts[${at}].`;
  return problems.filter(({ field }) => field.startsWith(prefix)).map((problem) => ({ ...problem, field: problem.field.slice(prefix.length) }));
}

interface OtherEditorProps {
  other: NamedSmartHost;
  at: number;
  problems: SettingsProblem[];
  all: SettingsProblem[];
  typed: Typed;
  onChange(other: NamedSmartHost): void;
  onLeave(): void;
}

function OtherEditor({ other, problems, typed, onChange, onLeave }: OtherEditorProps) {
  const { settings } = useSnapshot();
  const onDone = useCallback(() => undefined, []);
  const { name, smartHost: host } = other;
  const onHost = (smartHost: SmartHostSettings) => onChange({ ...other, smartHost });
  const stored = settings.secrets.find((each) => each.name === `${SECRET}:${name}`);
  return (
    <div className={styles.editor}>
      <Field label="Name" hint="What routes and lists call it. Letters, digits, - and _." required style={{ maxWidth: 320 }} {...fieldState(problems, "name")}>
        <Input value={name} spellCheck={false} onChange={(_, { value }) => onChange({ ...other, name: value.trim() })} onBlur={onLeave} />
      </Field>
      <ServerFields host={host} problems={problems} onChange={onHost} onLeave={onLeave} />
      <SignInForm host={host} lane={name} {...typed} stored={stored} store={settings.store} problems={problems} onHost={onHost} onLeave={onLeave} />
      <PaceFields host={host} problems={problems} onHost={onHost} onLeave={onLeave} />
      <TimeoutFields host={host} problems={problems} onHost={onHost} onLeave={onLeave} />
      <ConnectionCheck host={host} lane={name} secret={typed.secret === "" ? null : typed.secret} sender={host.signIn.kind === "password" && host.signIn.user.includes("@") ? host.signIn.user : null} primary={false} onDone={onDone} onSwap={() => onHost(swapEncryption(host))} />
    </div>
  );
}

/** For what no route is for. */
function Rest({ draft, change, problems, onLeave }: PartProps) {
  const via = draft.defaultRoute.length === 0 ? [USUAL] : draft.defaultRoute;
  return (
    <Section title="Order" sub="Mail goes through the first of these that is not down, and back to it when it is well.">
      <Card>
        <Order label="Order of providers" names={via} known={namesOf(draft)} say={(name) => nameOf(draft, name)} problems={problems} field="defaultRoute" onChange={(next) => (change({ ...draft, defaultRoute: next.length === 1 && next[0] === USUAL ? [] : next }), onLeave())} />
      </Card>
    </Section>
  );
}

function Routes({ draft, change, problems, onLeave }: PartProps) {
  const { routes } = draft;
  const rows = useRowKeys(routes.length);
  const [open, setOpen] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const put = (next: RouteSettings[]) => change({ ...draft, routes: next });
  const labelOf = (at: number) => (routes[at]?.name ? `the route “${routes[at].name}”` : `route ${at + 1}`);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= routes.length || from === to) return;
    rows.move(from, to);
    put(moved(routes, from, to));
    setSaid(`${labelOf(from)} is now route ${to + 1} of ${routes.length}.`);
    onLeave();
  };
  const drag = useDrag(move);
  const add = () => {
    setOpen(rows.add());
    const [first] = draft.otherSmartHosts;
    put([...routes, { name: "", senders: [], recipients: [], clients: [], via: [first?.name ?? USUAL, USUAL] }]);
  };
  return (
    <Section
      title="Routes"
      sub="The first route that fits decides, for each recipient by itself. What fits none takes the order above."
      actions={
        <Button icon={<Add20Regular />} onClick={add}>
          Add a route
        </Button>
      }
    >
      <div className="spoken" role="status">
        {said}
      </div>
      {routes.length === 0 ? (
        <Card>
          <Empty title="All mail takes the order above">A route sends some of it another way: by sender, by recipient, or by the device it comes from.</Empty>
        </Card>
      ) : (
        <ol className={styles.rows}>
          {routes.map((route, at) => {
            const key = rows.keys[at] ?? at;
            const field = `routes[${at}]`;
            const unfolded = open === key || problems.some((problem) => problem.field.startsWith(field));
            const held = drag(at, !unfolded);
            const set = (part: Partial<RouteSettings>) => put(routes.with(at, { ...route, ...part }));
            return (
              <li key={key} className={`${styles.entry} ${held.mark}`} {...held.on}>
                <div className={styles.line} onKeyDown={orderKeys(at, move)}>
                  <span className={dragStyles.grip} aria-hidden="true" title="Drag to change the order, or press Alt with an arrow key in this row">
                    <ReOrderDotsVertical20Regular />
                  </span>
                  <div className={styles.what}>
                    <strong>{route.name === "" ? `Route ${at + 1}` : route.name}</strong>
                    <div className="quiet">
                      {sayRoute(route)} → {route.via.map((name) => nameOf(draft, name)).join(", else ")}
                    </div>
                  </div>
                  <div className={styles.acts}>
                    <OrderButtons label={labelOf(at)} at={at} last={routes.length - 1} onMove={(to) => move(at, to)} />
                    <Button appearance="subtle" icon={<Edit20Regular />} aria-label={`Change ${labelOf(at)}`} title="Change" aria-expanded={unfolded} onClick={() => setOpen(open === key ? null : key)} />
                    <Button
                      appearance="subtle"
                      icon={<Delete20Regular />}
                      aria-label={`Remove ${labelOf(at)}`}
                      title="Remove"
                      onClick={() => {
                        rows.remove(at);
                        put(routes.filter((_, other) => other !== at));
                        onLeave();
                      }}
                    />
                  </div>
                </div>
                {unfolded && (
                  <div className={styles.editor}>
                    <Field label="Name" hint="What people call it." style={{ maxWidth: 320 }} {...fieldState(problems, `${field}.name`)}>
                      <Input value={route.name} onChange={(_, { value }) => set({ name: value })} onBlur={onLeave} />
                    </Field>
                    <div className={formStyles.row}>
                      <TextList label="Senders" hint="Addresses or domains, one a line; <> is for Outtray’s own reports. Empty: any." placeholder="news@office.example" values={route.senders} problems={problems} field={`${field}.senders`} onChange={(senders) => set({ senders })} onLeave={onLeave} />
                      <TextList label="Recipients" hint="Addresses or domains, one a line. Empty: any." placeholder="partner.example" values={route.recipients} problems={problems} field={`${field}.recipients`} onChange={(recipients) => set({ recipients })} onLeave={onLeave} />
                      <TextList label="Devices" hint="Networks, or names of rules of the Access page, one a line. Empty: any." placeholder="10.0.0.0/24" values={route.clients} problems={problems} field={`${field}.clients`} onChange={(clients) => set({ clients })} onLeave={onLeave} />
                    </div>
                    <div>
                      <div aria-hidden="true">Through</div>
                      <Order label="Through" names={route.via} known={namesOf(draft)} say={(name) => nameOf(draft, name)} problems={problems} field={`${field}.via`} onChange={(via) => (set({ via }), onLeave())} />
                    </div>
                  </div>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </Section>
  );
}
