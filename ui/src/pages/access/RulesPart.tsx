/**
 * The rules in their order: the first that fits a device's address decides.
 *
 * Moved by dragging, or with the arrow buttons of each row: nothing here needs a mouse.
 */
import { Button } from "@fluentui/react-components";
import { Add20Regular, ArrowDown20Regular, ArrowUp20Regular, Delete20Regular, Edit20Regular, ReOrderDotsVertical20Regular } from "@fluentui/react-icons";
import { useState, type DragEvent } from "react";

import type { AccessRule, MachineView } from "../../bridge/bridge";
import { allowing } from "../../bridge/make";
import type { Draft } from "../../forms/draft";
import { Card, Empty, Section } from "../../parts/Page";
import { ToneLabel } from "../../parts/Tone";
import { sayConditions } from "../../words";
import { RuleEditor } from "./RuleEditor";
import styles from "./access.module.css";
import { moved } from "./order";

export function RulesPart({ draft, machine }: { draft: Draft; machine: MachineView | null }) {
  const { rules } = draft.draft;
  const [open, setOpen] = useState<number | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const set = (next: AccessRule[]) => {
    draft.change({ ...draft.draft, rules: next });
    void draft.check.check({ ...draft.draft, rules: next });
  };
  const move = (from: number, to: number) => {
    if (to < 0 || to >= rules.length || from === to) return;
    set(moved(rules, from, to));
    if (open === from) setOpen(to);
    else setOpen(null);
    setSaid(`${labelOf(rules[from])} is now rule ${to + 1} of ${rules.length}.`);
  };
  const add = () => {
    const unused = machine?.networks.find((network) => network.private && !rules.some((rule) => rule.network === network.network));
    set([...rules, allowing(unused?.network ?? "", unused?.card ?? "")]);
    setOpen(rules.length);
  };
  return (
    <Section
      title="Rules"
      sub="The first rule that fits a device’s address decides; the order is yours. Who fits none is refused, unless it signs in with a device account."
      actions={
        <Button icon={<Add20Regular />} onClick={add}>
          Add a rule
        </Button>
      }
    >
      <div className="spoken" role="status">
        {said}
      </div>
      {rules.length === 0 ? (
        <Card>
          <Empty title="Nobody may send yet" actions={<Button onClick={add}>Add a rule</Button>}>
            A rule names a network, such as 192.168.1.0/24, and says what its devices may send.
          </Empty>
        </Card>
      ) : (
        <ol className={styles.rules}>
          {rules.map((rule, at) => (
            <li
              key={at}
              className={`${styles.rule} ${dragged === at ? styles.dragged : ""}`}
              draggable={open !== at}
              onDragStart={(event) => begin(event, at, setDragged)}
              onDragOver={(event) => dragged !== null && event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault();
                if (dragged !== null) move(dragged, at);
                setDragged(null);
              }}
              onDragEnd={() => setDragged(null)}
            >
              <RuleLine rule={rule} at={at} last={rules.length - 1} open={open === at} onOpen={() => setOpen(open === at ? null : at)} onMove={(to) => move(at, to)} onRemove={() => set(rules.filter((_, other) => other !== at))} />
              {(open === at || draft.check.problems.some((problem) => problem.field.startsWith(`rules[${at}]`))) && (
                <RuleEditor rule={rule} at={at} problems={draft.check.problems} onLeave={draft.leave} onChange={(next) => draft.change({ ...draft.draft, rules: rules.with(at, next) })} />
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

interface RuleLineProps {
  rule: AccessRule;
  at: number;
  last: number;
  open: boolean;
  onOpen(): void;
  onMove(to: number): void;
  onRemove(): void;
}

function RuleLine({ rule, at, last, open, onOpen, onMove, onRemove }: RuleLineProps) {
  const label = labelOf(rule);
  const conditions = sayConditions(rule);
  return (
    <div className={styles.line}>
      <span className={styles.grip} aria-hidden="true" title="Drag to change the order">
        <ReOrderDotsVertical20Regular />
      </span>
      <span className={styles.number}>{at + 1}</span>
      <div className={styles.what}>
        <div>
          <strong>{rule.name === "" ? rule.network || "New rule" : rule.name}</strong>
          {rule.name !== "" && <span className="quiet"> {rule.network}</span>}
        </div>
        <div className="quiet">{conditions === "" ? "may send anything to anybody" : conditions}</div>
      </div>
      <ToneLabel tone={rule.action === "allow" ? "good" : "bad"}>{rule.action === "allow" ? "allowed" : "refused"}</ToneLabel>
      <div className={styles.acts}>
        <Button appearance="subtle" icon={<ArrowUp20Regular />} aria-label={`Move ${label} up`} title="Move up" disabled={at === 0} onClick={() => onMove(at - 1)} />
        <Button appearance="subtle" icon={<ArrowDown20Regular />} aria-label={`Move ${label} down`} title="Move down" disabled={at === last} onClick={() => onMove(at + 1)} />
        <Button appearance="subtle" icon={<Edit20Regular />} aria-label={`Change ${label}`} title="Change" aria-expanded={open} onClick={onOpen} />
        <Button appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove ${label}`} title="Remove" onClick={onRemove} />
      </div>
    </div>
  );
}

function labelOf(rule: AccessRule | undefined): string {
  return rule === undefined ? "" : rule.name === "" ? rule.network || "the new rule" : rule.name;
}

function begin(event: DragEvent, at: number, setDragged: (at: number) => void) {
  event.dataTransfer.effectAllowed = "move";
  // Firefox and WebKitGTK begin no drag without data.
  event.dataTransfer.setData("text/plain", String(at));
  setDragged(at);
}
