/**
 * The rules in their order: the first that fits a device's address decides.
 *
 * Moved by dragging, with the arrow buttons of each row, or with Alt and an arrow key within it: nothing here needs a
 * mouse, and the focus goes with the rule.
 */
import { Button } from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons";
import { useLayoutEffect, useRef, useState } from "react";

import type { AccessRule, MachineView, NetworkView } from "../../bridge/bridge";
import { allowing } from "../../bridge/make";
import { holds } from "../../bridge/network";
import { useDrag } from "../../forms/drag";
import type { Draft } from "../../forms/draft";
import { moved, useRowKeys } from "../../forms/order";
import { Card, Empty, Section } from "../../parts/Page";
import { labelOf } from "../../words";
import { RuleEditor } from "./RuleEditor";
import { RuleRow } from "./RuleRow";
import styles from "./access.module.css";

interface RulesPartProps {
  draft: Draft;
  machine: MachineView | null;
  /** The rule that is open at first. */
  begin: number | null;
  /** The rule that decided what was asked. */
  decides: number | null;
}

export function RulesPart({ draft, machine, begin, decides }: RulesPartProps) {
  const { rules } = draft.draft;
  const rows = useRowKeys(rules.length);
  const [open, setOpen] = useState<number | null>(begin === null ? null : (rows.keys[begin] ?? null));
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const follow = useRef<{ row: number; act: string } | null>(null);
  const put = (next: AccessRule[]) => draft.put({ ...draft.draft, rules: next });

  const move = (from: number, to: number, act: string | null) => {
    if (to < 0 || to >= rules.length || from === to) return;
    rows.move(from, to);
    put(moved(rules, from, to));
    follow.current = act === null ? null : { row: to, act };
    setSaid(`${labelOf(rules[from])} is now rule ${to + 1} of ${rules.length}.`);
  };
  // A row that is moved in the page loses the focus.
  useLayoutEffect(() => {
    if (!follow.current) return;
    const { row, act } = follow.current;
    follow.current = null;
    list.current?.querySelector<HTMLElement>(`:scope > li:nth-child(${row + 1}) [data-act="${act}"]`)?.focus();
  });
  // The rule somebody was led to is in sight.
  useLayoutEffect(() => {
    if (begin !== null) list.current?.children[begin]?.scrollIntoView({ block: "nearest" });
  }, [begin]);

  const add = (network = "", name = "") => {
    const row = rows.add();
    const next = [...rules, allowing(network, name)];
    if (network !== "") return put(next);
    setOpen(row);
    draft.change({ ...draft.draft, rules: next });
  };
  const remove = (at: number) => {
    rows.remove(at);
    put(rules.filter((_, other) => other !== at));
    setSaid(`${labelOf(rules[at])} is removed.`);
  };
  const drag = useDrag((from, to) => move(from, to, null));
  return (
    <Section
      title="Rules"
      sub="The first rule that fits a device’s address decides; the order is yours. Who fits none is refused, unless it signs in with a device account."
      actions={
        <Button icon={<Add20Regular />} onClick={() => add()}>
          Add a rule
        </Button>
      }
    >
      <div className="spoken" role="status">
        {said}
      </div>
      {rules.length === 0 ? (
        <Card>
          <Empty title="Nobody may send yet" actions={<Button onClick={() => add()}>Add a rule</Button>}>
            A rule names a network, such as 192.168.1.0/24, and says what its devices may send.
          </Empty>
        </Card>
      ) : (
        <ol className={styles.rules} ref={list}>
          {rules.map((rule, at) => {
            const key = rows.keys[at] ?? at;
            const unfolded = open === key || draft.check.problems.some((problem) => problem.field.startsWith(`rules[${at}]`));
            const held = drag(at, !unfolded);
            return (
              <li
                key={key}
                className={[styles.rule, held.mark, decides === at ? styles.decides : ""].join(" ")}
                {...held.on}
              >
                <RuleRow rule={rule} at={at} last={rules.length - 1} open={unfolded} decides={decides === at} onOpen={() => setOpen(open === key ? null : key)} onMove={(to, act) => move(at, to, act)} onRemove={() => remove(at)} />
                {unfolded && <RuleEditor rule={rule} at={at} problems={draft.check.problems} onLeave={draft.leave} onChange={(next) => draft.change({ ...draft.draft, rules: rules.with(at, next) })} />}
              </li>
            );
          })}
        </ol>
      )}
      <OwnNetworks rules={rules} networks={machine?.networks ?? []} onAllow={({ network, card }) => add(network, card)} />
    </Section>
  );
}

/** Networks of this machine that no rule speaks of: their devices are refused, perhaps without anybody knowing. */
function OwnNetworks({ rules, networks, onAllow }: { rules: readonly AccessRule[]; networks: readonly NetworkView[]; onAllow(network: NetworkView): void }) {
  const unspoken = networks.filter((network) => network.private && !rules.some((rule) => holds(rule.network, network.network)));
  if (unspoken.length === 0) return null;
  return (
    <div className={styles.own}>
      <span className="quiet">This machine’s own networks without a rule for all of their devices:</span>
      {unspoken.map((network) => (
        <Button key={network.network} size="small" icon={<Add20Regular />} title={`This machine is ${network.address} there`} onClick={() => onAllow(network)}>
          Allow {network.network} ({network.card})
        </Button>
      ))}
    </div>
  );
}
