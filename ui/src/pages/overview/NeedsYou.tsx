/**
 * What a person has to look at: troubles with their remedy, devices that were refused.
 */
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import type { ListenerView, Problem, RefusedClient } from "../../bridge/bridge";
import { providerName, providerOf } from "../../forms/providers";
import { useAllow } from "../../forms/allow";
import { useAsk, useSnapshot, useStore } from "../../live/provider";
import { Notice } from "../../parts/Notice";
import { Section } from "../../parts/Page";
import { Ago, Ahead } from "../../parts/Time";
import { many, meaningForMail, refusalWords, remedyLabel, sayListener, sayProblem, sayRefused } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function NeedsYou() {
  const snapshot = useSnapshot();
  const { lane, notices, listeners, settings, refused } = snapshot;
  const closed = listeners.filter((listener) => listener.problem);
  const own = unique(notices);
  const unread = settings.problems.length > 0 && !own.some((problem) => problem.code === "settingsUnreadable");
  if (lane.state.kind !== "throttled" && lane.state.kind !== "notSetUp" && own.length + closed.length + refused.length === 0 && !unread) return null;
  return (
    <Section title="Needs you">
      <div className={styles.needs}>
        {lane.state.kind === "notSetUp" && <OwnProblem problem={{ code: "notSetUp" }} />}
        {lane.state.kind === "throttled" && <LaneProblem problem={lane.state.problem} nextTry={lane.state.nextTry} />}
        {own.map((problem) => (
          <OwnProblem key={`${problem.code} ${problem.subject ?? ""}`} problem={problem} />
        ))}
        {closed.map((listener) => (
          <ClosedPort key={`${listener.address} ${listener.port}`} listener={listener} />
        ))}
        {unread && <OwnProblem problem={{ code: "settingsUnreadable", subject: settings.path }} />}
        {refused.map((client) => (
          <RefusedDevice key={client.address} client={client} />
        ))}
      </div>
    </Section>
  );
}

function LaneProblem({ problem, nextTry }: { problem: Problem; nextTry: number }) {
  const { lane, counters } = useSnapshot();
  const { mend } = useWindow();
  const words = sayProblem(problem, providerName(lane.provider, lane.server));
  return (
    <Notice
      tone={problem.code === "throttled" || problem.code === "temporaryTrouble" ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      actions={
        <>
          {words.remedy && words.remedy !== "tryNow" && (
            <Button appearance="primary" onClick={() => words.remedy && mend(words.remedy)}>
              {remedyLabel[words.remedy]}
            </Button>
          )}
          <Button onClick={() => mend("tryNow")}>Try now</Button>
        </>
      }
    >
      <p>{providerOf(lane.provider).advice[problem.code] ?? words.advice}</p>
      <p>
        {meaningForMail(counters.waiting)} Outtray tries again <Ahead at={nextTry} />.
      </p>
    </Notice>
  );
}

function OwnProblem({ problem }: { problem: Problem }) {
  const { lane, settings } = useSnapshot();
  const { mend } = useWindow();
  const words = sayProblem(problem, providerName(lane.provider, lane.server));
  return (
    <Notice
      tone={problem.code === "databaseSetAside" || problem.code === "settingsUnreadable" ? "warn" : "bad"}
      title={words.title}
      said={problem.said}
      saidLabel="The system’s own words"
      actions={
        words.remedy && (
          <Button appearance="primary" onClick={() => words.remedy && mend(words.remedy)}>
            {remedyLabel[words.remedy]}
          </Button>
        )
      }
    >
      <p>{words.advice}</p>
      {problem.code === "settingsUnreadable" && settings.problems.length > 0 && (
        <ul className={styles.wrongs}>
          {settings.problems.map((wrong) => (
            <li key={wrong.field}>
              <code>{wrong.field}</code>: {wrong.wrong}; {wrong.remedy}.
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function ClosedPort({ listener }: { listener: ListenerView }) {
  const { mend } = useWindow();
  const words = sayListener(listener);
  return (
    <Notice
      tone="bad"
      title={words.title}
      said={listener.problem?.said}
      saidLabel="The system’s own words"
      actions={
        <>
          <Button appearance="primary" onClick={() => mend("openListening")}>
            {remedyLabel.openListening}
          </Button>
          <Button onClick={() => mend("tryListeners")}>{remedyLabel.tryListeners}</Button>
        </>
      }
    >
      <p>{words.advice}</p>
    </Notice>
  );
}

function RefusedDevice({ client }: { client: RefusedClient }) {
  const ask = useAsk();
  const store = useStore();
  const { mend, tell } = useWindow();
  const { allow, dialog } = useAllow();
  const [hidden, setHidden] = useState(false);
  if (hidden) return null;
  const words = refusalWords[client.why];
  const forget = async () => {
    setHidden(true);
    const answer = await ask({ ask: "forgetRefused", address: client.address });
    if (answer.kind === "refused") {
      setHidden(false);
      tell("bad", sayRefused(answer.refused));
      return;
    }
    await store.refresh();
  };
  const allowThen = async (network: string, name: string) => {
    if (await allow(network, name)) await forget();
  };
  return (
    <Notice
      tone="warn"
      title={`${client.clientName === "" ? client.address : `${client.clientName} (${client.address})`} ${words.title}${client.count > 1 ? ` (${many(client.count, "time")})` : ""}`}
      said={client.lastReply}
      saidLabel="What the device heard"
      actions={
        <>
          {client.why === "notAllowed" && (
            <Button appearance={client.network ? "primary" : "secondary"} onClick={() => void allowThen(client.address, client.clientName)}>
              Allow this device
            </Button>
          )}
          {client.why === "notAllowed" && client.network && (
            <Button onClick={() => void allowThen(client.network ?? "", "")}>Allow {client.network}</Button>
          )}
          {(client.why === "tooLarge" || client.why === "tooManyRecipients" || client.why === "tooManyConnections") && (
            <Button onClick={() => mend("openLimits")}>Change limits</Button>
          )}
          <Button appearance="subtle" onClick={() => void forget()}>
            Ignore
          </Button>
        </>
      }
    >
      <p>
        {words.means} It wanted to send from {client.lastSender === "" ? "an empty sender" : client.lastSender}
        {/* Most devices are refused before they have named a recipient. */}
        {client.lastRecipient === "" ? "" : ` to ${client.lastRecipient}`}. Last tried <Ago at={client.lastAt} />.
      </p>
      {client.why === "notAllowed" && !client.network && <p>This address is not from one of this machine’s own networks: allow it only if you know it.</p>}
      {dialog}
    </Notice>
  );
}

function unique(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.code} ${problem.subject ?? ""}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
