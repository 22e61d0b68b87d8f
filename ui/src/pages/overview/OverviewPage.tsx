/**
 * The first page: how the mail is doing, what needs a person, what happened just now.
 */
import { Button } from "@fluentui/react-components";
import { DataHistogram20Regular, MailCheckmark24Regular, Send20Regular, Table20Regular } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";

import { useSnapshot } from "../../live/provider";
import { useWindow } from "../../window";
import { Age } from "../../parts/Time";
import { HourChart } from "../../parts/HourChart";
import { Card, Empty, PageHead, Section } from "../../parts/Page";
import { count, saySentAgain } from "../../words";
import { DeviceLines } from "../../mail/DeviceLines";
import { SendTest } from "../../mail/SendTest";
import { JustNow } from "./JustNow";
import { Lanes } from "./Lanes";
import { NeedsYou } from "./NeedsYou";
import styles from "./overview.module.css";

export function OverviewPage() {
  const snapshot = useSnapshot();
  const { counters } = snapshot;
  const { sendTest } = useWindow();
  const [asTable, setAsTable] = useState(false);
  const nothingYet = counters.accepted === 0 && counters.waiting === 0 && snapshot.recent.length === 0;
  return (
    <>
      <PageHead
        title="Overview"
        sub="The last 24 hours"
        actions={
          !nothingYet &&
          snapshot.settings.settings.smartHost && (
            <Button icon={<Send20Regular />} onClick={sendTest}>
              Send a test message…
            </Button>
          )
        }
      />
      <dl className={styles.counters}>
        <Counter n={counters.accepted} label="accepted" means="Messages that devices have handed in." />
        <Counter n={counters.sent} label="handed over" means="Recipients whose message the mail provider has taken." />
        <Counter n={counters.waiting} label="waiting" means="Messages in the queue now.">
          {counters.oldestAt !== null && (
            <span className={styles.oldest}>
              oldest <Age at={counters.oldestAt} />
            </span>
          )}
        </Counter>
        <Counter n={counters.failed} label="failed" means="Recipients refused for good or given up. Their senders were told." bad />
        <Counter n={counters.refused} label="refused" means="Tries of devices that were turned away." bad />
      </dl>
      {counters.sentAgain > 0 && (
        <p className={`quiet ${styles.again}`} title="It was handed over whole, and the connection broke before the answer came. The number of the message is the same, so many mail programs show it once.">
          {saySentAgain(counters.sentAgain)}
        </p>
      )}
      <NeedsYou />
      <Lanes />
      {nothingYet ? (
        <FirstMail />
      ) : (
        <>
          <Section
            title="Messages by hour"
            actions={
              <Button appearance="subtle" size="small" icon={asTable ? <DataHistogram20Regular /> : <Table20Regular />} onClick={() => setAsTable(!asTable)}>
                {asTable ? "Show bars" : "Show table"}
              </Button>
            }
          >
            <Card>
              <HourChart hours={snapshot.hours} asTable={asTable} />
            </Card>
          </Section>
          <JustNow />
        </>
      )}
    </>
  );
}

interface CounterProps {
  n: number;
  label: string;
  /** What is counted, on hover. */
  means: string;
  bad?: boolean;
  children?: ReactNode;
}

function Counter({ n, label, means, bad = false, children }: CounterProps) {
  return (
    <div className={styles.counter} title={means}>
      <dd className={bad && n > 0 ? styles.bad : ""}>{count(n)}</dd>
      <dt>
        {label}
        {children}
      </dt>
    </div>
  );
}

function FirstMail() {
  const { settings } = useSnapshot();
  return (
    <>
      <Section title="First message">
        <Card>
          <Empty icon={<MailCheckmark24Regular />} title="No mail yet">
            Enter these lines in a scanner or printer. Its first message appears here within a second.
          </Empty>
          <DeviceLines />
        </Card>
      </Section>
      {settings.settings.smartHost && (
        <Section title="Or send a test message from here" sub="It goes the way of every message.">
          <Card>
            <SendTest />
          </Card>
        </Section>
      )}
    </>
  );
}
