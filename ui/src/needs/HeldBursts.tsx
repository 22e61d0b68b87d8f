/**
 * Who suddenly sends far more than usual: how much, since when, and what is to become of the mail that is held.
 */
import { Button } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { DeviceView, EntryView } from "../bridge/bridge";
import { heldOf, heldSince } from "../live/held";
import { useAsk, useSnapshot } from "../live/provider";
import { DeleteDialog } from "../mail/DeleteDialog";
import { Notice } from "../parts/Notice";
import { Ago } from "../parts/Time";
import { useWindow } from "../window";
import { count, heldAbove, many, readWho, sayRefused } from "../words";
import styles from "./needs.module.css";

/** Messages that are named to the engine in one request. */
const AT_ONCE = 1000;

interface HeldBurstsProps {
  /** As far as they are known. */
  devices: DeviceView[];
  onDone(): void;
}

export function HeldBursts({ devices, onDone }: HeldBurstsProps) {
  const { notices } = useSnapshot();
  return notices
    .filter((notice) => notice.code === "burstHeld" && notice.subject !== undefined)
    .map(({ subject = "", said = "" }) => <HeldBurst key={subject} who={subject} said={said} devices={devices} onDone={onDone} />);
}

function HeldBurst({ who, said, devices, onDone }: HeldBurstsProps & { who: string; said: string }) {
  const ask = useAsk();
  const { go, tell } = useWindow();
  const [deleting, setDeleting] = useState<EntryView[] | null>(null);
  const [busy, setBusy] = useState(false);
  const read = readWho(who);
  const own = devices.filter((device) => ("account" in read ? device.account === read.account : device.address === read.address));
  const held = own.reduce((sum, device) => sum + device.held, 0);
  const since = useSince(own, held);

  const doing = async (act: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
    } finally {
      setBusy(false);
    }
    onDone();
  };
  const end = (release: boolean) =>
    doing(async () => {
      const answer = await ask({ ask: "endBurst", address: who, release });
      if (answer.kind !== "count") return tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not done.");
      if (release) tell("good", `${many(answer.count, "message is", "messages are")} on the way now.`);
      else tell("good", `${many(answer.count, "message stays", "messages stay")} on hold, in the queue. What comes from now on goes out.`);
    });
  const askDelete = () =>
    doing(async () => {
      const found = await heldOf(ask, addressesOf(own));
      if (found === null || found.length === 0) tell("warn", "None of its messages is held any more, or the engine did not tell.");
      else setDeleting(found);
    });
  const remove = (entries: EntryView[], tellSender: boolean) =>
    doing(async () => {
      setDeleting(null);
      const ids = entries.map((entry) => entry.id);
      let deleted = 0;
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const answer = await ask({ ask: "delete", which: { kind: "ids", ids: ids.slice(from, from + AT_ONCE) }, tellSender });
        if (answer.kind !== "count") return tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "Not all of them were deleted.");
        deleted += answer.count;
      }
      tell("good", `${many(deleted, "message was", "messages were")} deleted.`);
    });
  const [first] = own;
  const look = () => go({ page: "queue", text: `client:${own.find((device) => device.held > 0)?.address ?? first?.address ?? ""}` });
  return (
    <Notice
      tone="warn"
      below
      title={`${nameOf(read, first)} suddenly sends far more than usual${held > 0 ? `: ${many(held, "message is", "messages are")} held` : ""}`}
      actions={
        <>
          <Button appearance="primary" disabled={busy} onClick={() => void end(true)}>
            Release
          </Button>
          <Button disabled={busy} title="They stay in the queue until somebody releases or deletes them; new mail goes out" onClick={() => void end(false)}>
            Keep back
          </Button>
          {first && <Button onClick={look}>Look at them</Button>}
          <Button disabled={busy || held === 0} onClick={() => void askDelete()}>
            Delete…
          </Button>
        </>
      }
    >
      {"address" in read && first ? <Measure device={first} /> : said !== "" && <p>{sentence(said)}</p>}
      <p>
        What it sends is taken and kept on hold, so that the provider does not block the office; nothing is lost.
        {since !== null && (
          <>
            {" "}
            The first of it came <Ago at={since} />.
          </>
        )}{" "}
        If the device runs in a circle, or somebody has its password, stop that first.
      </p>
      <p>“Release” sends it on. “Keep back” leaves it on hold in the queue, for you to look through. Both say that so much is usual: what comes from now on goes out.</p>
      {deleting && <DeleteDialog n={deleting.length} some={deleting} onCancel={() => setDeleting(null)} onDelete={(tellSender) => void remove(deleting, tellSender)} />}
    </Notice>
  );
}

/** Usual beside now, as figures and as bars. */
function Measure({ device }: { device: DeviceView }) {
  const { settings } = useSnapshot();
  const { busiestHour, recipientsThisHour } = device;
  const above = heldAbove(settings.settings.bursts, busiestHour);
  const most = Math.max(busiestHour, recipientsThisHour, above, 1);
  const bar = (label: string, n: number, look: string | undefined) => (
    <div className={styles.bar}>
      <dt>{label}</dt>
      <dd className={styles.track} aria-hidden="true">
        <span className={look} style={{ width: `${Math.max(0.5, (n / most) * 100)}%` }} />
        <i style={{ left: `${(above / most) * 100}%` }} />
      </dd>
      <dd>{many(n, "recipient")}</dd>
    </div>
  );
  return (
    <dl className={styles.bars} title={`Held above ${count(above)} an hour`}>
      {bar("Busiest hour of the last 14 days", busiestHour, styles.usual)}
      {bar("In this hour", recipientsThisHour, styles.now)}
      <div className={styles.bar}>
        <dt>Held above</dt>
        <dd className={styles.track} aria-hidden="true" />
        <dd>{many(above, "recipient")}</dd>
      </div>
    </dl>
  );
}

/** When the first of what is held was taken; null while that is not known. */
function useSince(own: DeviceView[], held: number): number | null {
  const ask = useAsk();
  const [since, setSince] = useState<number | null>(null);
  const addresses = addressesOf(own).join(" ");
  useEffect(() => {
    let mine = true;
    if (addresses !== "") {
      void heldSince(ask, addresses.split(" ")).then((found) => {
        if (mine) setSince(found);
      });
    }
    return () => {
      mine = false;
    };
  }, [ask, addresses, held]);
  return since;
}

function addressesOf(own: DeviceView[]): string[] {
  return own.filter((device) => device.held > 0).map((device) => device.address);
}

function nameOf(read: ReturnType<typeof readWho>, device: DeviceView | undefined): string {
  if ("account" in read) return `The account ${read.account}`;
  return device === undefined || device.clientName === "" ? read.address : `${device.clientName} (${read.address})`;
}

function sentence(said: string): string {
  return `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.$/, "")}.`;
}
