/**
 * The office's own domains, and senders and recipients that may or may not, whoever the device is.
 */
import type { AddressLists, MachineView } from "../../bridge/bridge";
import type { Draft } from "../../forms/draft";
import { TextList } from "../../forms/TextList";
import { Card, Section } from "../../parts/Page";
import styles from "./access.module.css";

export function ListsPart({ draft, machine }: { draft: Draft; machine: MachineView | null }) {
  const { lists } = draft.draft;
  const list = (key: keyof AddressLists, label: string, hint: string, placeholder: string) => (
    <TextList label={label} hint={hint} placeholder={placeholder} values={lists[key]} problems={draft.check.problems} field={`lists.${key}`} onChange={(values) => draft.change({ ...draft.draft, lists: { ...lists, [key]: values } })} onLeave={draft.leave} />
  );
  const own = machine?.domain ?? "office.example";
  return (
    <>
      <Section title="Own domains" sub="For rules that allow mail to the office’s own domains only.">
        <Card>{list("ownDomains", "Domains", "One a line, without @.", own)}</Card>
      </Section>
      <Section title="Senders" sub="For all devices. An address (anna@office.example), a domain (office.example), or its subdomains (.office.example). Denied wins over allowed.">
        <Card>
          <div className={styles.pair}>
            {list("allowedSenders", "Mail may be from these only", "Empty: from any.", own)}
            {list("deniedSenders", "Mail may not be from these", "", "test@office.example")}
          </div>
        </Card>
      </Section>
      <Section title="Recipients" sub="For all devices, written as the senders are.">
        <Card>
          <div className={styles.pair}>
            {list("allowedRecipients", "Mail may be for these only", "Empty: for any.", own)}
            {list("deniedRecipients", "Mail may not be for these", "", "freemail.example")}
          </div>
        </Card>
      </Section>
    </>
  );
}
