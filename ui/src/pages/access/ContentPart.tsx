/**
 * What may be in a message: attachments that are refused, and what is done about header fields.
 */
import { Button, Checkbox, Field, Input, Select, Switch } from "@fluentui/react-components";
import { Add20Regular, Delete20Regular } from "@fluentui/react-icons";

import type { HeaderAction, HeaderRule } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import type { Draft } from "../../forms/draft";
import { TextList } from "../../forms/TextList";
import formStyles from "../../forms/forms.module.css";
import { Card, Section } from "../../parts/Page";
import { headerActionLabel } from "../../words";
import styles from "./access.module.css";

export function ContentPart({ draft }: { draft: Draft }) {
  const { attachments, headers } = draft.draft;
  const setHeaders = (next: HeaderRule[]) => draft.change({ ...draft.draft, headers: next });
  return (
    <>
      <Section title="Attachments" sub="The large providers refuse programs too; here the device hears at once which attachment it was.">
        <Card>
          <div className={formStyles.stack}>
            <Switch checked={attachments.refuse} label="Refuse mail with attachments of these kinds" onChange={(_, { checked }) => draft.change({ ...draft.draft, attachments: { ...attachments, refuse: checked } })} />
            {attachments.refuse && (
              <>
                <TextList label="Endings of file names" hint="One a line, without the dot." placeholder="exe" values={attachments.extensions} problems={draft.check.problems} field="attachments.extensions" onChange={(extensions) => draft.change({ ...draft.draft, attachments: { ...attachments, extensions } })} onLeave={draft.leave} />
                <Checkbox checked={attachments.programsByContent} label="Also programs that bear a harmless name" onChange={(_, { checked }) => draft.change({ ...draft.draft, attachments: { ...attachments, programsByContent: checked === true } })} />
              </>
            )}
          </div>
        </Card>
      </Section>
      <Section
        title="Header fields"
        sub="All that fit are carried out, in this order. Taking out or adding a field breaks a signature that covers it."
        actions={
          <Button icon={<Add20Regular />} onClick={() => setHeaders([...headers, { name: "", field: "Subject", pattern: "", action: { kind: "hold" } }])}>
            Add
          </Button>
        }
      >
        {headers.length === 0 ? (
          <Card>
            <p className="quiet">Nothing is done about header fields. For example: keep mail on hold whose Subject has “invoice *draft*”, or add a field with the office’s name to every message.</p>
          </Card>
        ) : (
          <ul className={formStyles.list}>
            {headers.map((rule, at) => (
              <li key={at} className={styles.account}>
                <HeaderLine rule={rule} at={at} draft={draft} onChange={(next) => setHeaders(headers.with(at, next))} onRemove={() => setHeaders(headers.filter((_, other) => other !== at))} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}

function HeaderLine({ rule, at, draft, onChange, onRemove }: { rule: HeaderRule; at: number; draft: Draft; onChange(rule: HeaderRule): void; onRemove(): void }) {
  const { problems } = draft.check;
  const of = (name: string) => `headers[${at}].${name}`;
  const { action } = rule;
  return (
    <>
      <div className={formStyles.row}>
        <Field label="For" {...(rule.field === null ? fieldState(problems, of("field")) : {})}>
          <Select value={rule.field === null ? "every" : "some"} onChange={(_, { value }) => onChange(value === "every" ? forEvery(rule) : forSome(rule))} onBlur={draft.leave}>
            <option value="some">messages whose field…</option>
            <option value="every">every message</option>
          </Select>
        </Field>
        {rule.field !== null && (
          <>
            <Field label="Field" {...fieldState(problems, of("field"))}>
              <Input value={rule.field} spellCheck={false} onChange={(_, { value }) => onChange({ ...rule, field: value.trim() })} onBlur={draft.leave} />
            </Field>
            <Field label="has" hint="* stands for anything. Empty: the field is there." {...fieldState(problems, of("pattern"))}>
              <Input value={rule.pattern} spellCheck={false} onChange={(_, { value }) => onChange({ ...rule, pattern: value })} onBlur={draft.leave} />
            </Field>
          </>
        )}
        <Field label="then">
          <Select value={action.kind} onChange={(_, { value }) => onChange({ ...rule, action: newAction(value as HeaderAction["kind"], rule.field === null) })} onBlur={draft.leave}>
            {headerActions.filter((kind) => rule.field !== null || forEveryMessage(kind)).map((kind) => (
              <option key={kind} value={kind}>
                {headerActionLabel[kind]}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <div className={formStyles.row}>
        {action.kind === "remove" && rule.field === null && (
          <Field label="Field to take out" {...fieldState(problems, of("action.field"))}>
            <Input value={action.field ?? ""} spellCheck={false} placeholder="X-Scanner-Serial" onChange={(_, { value }) => onChange({ ...rule, action: { ...action, field: value.trim() } })} onBlur={draft.leave} />
          </Field>
        )}
        {action.kind === "add" && (
          <>
            <Field label="Field to add" hint="One of this name that is there already stays."  {...fieldState(problems, of("action.field"))}>
              <Input value={action.field} spellCheck={false} onChange={(_, { value }) => onChange({ ...rule, action: { ...action, field: value.trim() } })} onBlur={draft.leave} />
            </Field>
            <Field label="Its value" {...fieldState(problems, of("action.value"))}>
              <Input value={action.value} onChange={(_, { value }) => onChange({ ...rule, action: { ...action, value } })} onBlur={draft.leave} />
            </Field>
          </>
        )}
        <Field label="Name of this rule" hint={action.kind === "refuse" ? "The device hears it." : ""} {...fieldState(problems, of("name"))}>
          <Input value={rule.name} onChange={(_, { value }) => onChange({ ...rule, name: value })} onBlur={draft.leave} />
        </Field>
        <Button className={styles.removeBeside ?? ""} appearance="subtle" icon={<Delete20Regular />} aria-label={`Remove the rule for ${rule.field ?? "every message"}`} title="Remove" onClick={onRemove} />
      </div>
    </>
  );
}

const headerActions = Object.keys(headerActionLabel) as HeaderAction["kind"][];

/** What fits every message may not keep it from going out. */
const forEveryMessage = (kind: HeaderAction["kind"]): boolean => kind === "add" || kind === "remove";

function forEvery(rule: HeaderRule): HeaderRule {
  const action: HeaderAction = rule.action.kind === "remove" ? { kind: "remove", field: rule.field } : rule.action;
  return { ...rule, field: null, pattern: "", action: forEveryMessage(action.kind) ? action : newAction("add", true) };
}

function forSome(rule: HeaderRule): HeaderRule {
  const { action } = rule;
  return action.kind === "remove" ? { ...rule, field: action.field ?? "", action: { kind: "remove", field: null } } : { ...rule, field: "Subject" };
}

function newAction(kind: HeaderAction["kind"], every: boolean): HeaderAction {
  switch (kind) {
    case "add":
      return { kind, field: "X-Organization", value: "" };
    case "remove":
      return { kind, field: every ? "" : null };
    case "refuse":
    case "hold":
      return { kind };
  }
}
