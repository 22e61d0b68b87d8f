/**
 * The first page: how the mail is doing, what needs a person, what happened just now.
 */
import { Button } from "@fluentui/react-components";
import { DataHistogram20Regular, MailCheckmark24Regular, Table20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { useSnapshot } from "../../live/provider";
import { Age } from "../../parts/Time";
import { HourChart } from "../../parts/HourChart";
import { Card, Empty, PageHead, Section } from "../../parts/Page";
import { count } from "../../words";
import { DeviceLines } from "../../mail/DeviceLines";
import { SendTest } from "../../mail/SendTest";
import { JustNow } from "./JustNow";
import { NeedsYou } from "./NeedsYou";
import styles from "./overview.module.css";

export function OverviewPage() {
  const snapshot = useSnapshot();
  const { counters } = snapshot;
  const [asTable, setAsTable] = useState(false);
  const nothingYet = counters.accepted === 0 && counters.waiting === 0 && snapshot.recent.length === 0;
  return (
    <>
      <PageHead title="Overview" sub="The last 24 hours" />
      <dl className={styles.counters}>
        <Counter n={counters.accepted} label="accepted" />
        <Counter n={counters.sent} label="handed over" />
        <Counter n={counters.waiting} label="waiting">
          {counters.oldestAt !== null && (
            <>
              {" "}
              · oldest <Age at={counters.oldestAt} />
            </>
          )}
        </Counter>
        <Counter n={counters.failed} label="failed" bad />
        <Counter n={counters.refused} label="refused" bad />
      </dl>
      <NeedsYou />
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

function Counter({ n, label, bad = false, children }: { n: number; label: string; bad?: boolean; children?: React.ReactNode }) {
  return (
    <div className={styles.counter}>
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
  const signIn = settings.settings.smartHost?.signIn;
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
            <SendTest sender={signIn?.kind === "password" && signIn.user.includes("@") ? signIn.user : ""} disabled={false} />
          </Card>
        </Section>
      )}
    </>
  );
}
