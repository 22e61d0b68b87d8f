/**
 * Tells what could have happened to an entry, so that the story page has a story.
 */
import type { EntryView, RecipientView, StoryStep, StoryView } from "../generated/control";
import { devices, greylisted } from "./office";

const DAY = 86_400_000;

export function storyOf(entry: EntryView, extra: readonly StoryStep[], server: string, unanswered = false): StoryView {
  const device = devices.find((each) => each.address === entry.client);
  const recipients = Array.from({ length: Math.min(entry.recipients, 200) }, (_, at): RecipientView => ({
    address: at === 0 ? entry.firstRecipient : `staff${at}@${entry.firstRecipient.split("@")[1] ?? "northwind.example"}`,
    state: entry.state,
    reply: entry.problem?.said ?? (entry.state === "sent" ? okReply(entry) : null),
    settledAt: entry.settledAt,
  }));
  const steps: Omit<StoryStep, "lane">[] = [
    {
      at: entry.acceptedAt,
      what: { kind: "accepted", client: entry.client, clientName: entry.clientName, tls: device?.tls ?? (entry.kind === "mail" ? null : "TLSv1.3"), size: entry.size },
    },
  ];
  for (let tried = 1; tried <= Math.min(entry.attempts, 3); tried++) {
    const last = tried === Math.min(entry.attempts, 3);
    const at = entry.acceptedAt + (tried === 1 ? 900 : tried * 300_000);
    const recipient = entry.firstRecipient;
    if (last && entry.state === "sent") {
      steps.push({ at: entry.settledAt ?? at, what: { kind: "sent", recipient, server, tls: "TLSv1.3", reply: okReply(entry), again: unanswered } });
    } else if (last && entry.state === "bounced") {
      steps.push({ at: entry.settledAt ?? at, what: { kind: "bounced", recipient, server, problem: entry.problem ?? greylisted } });
      steps.push({ at: (entry.settledAt ?? at) + 40, what: { kind: "reported", report: "report" } });
    } else if (last && entry.state === "expired") {
      steps.push({ at: entry.settledAt ?? at, what: { kind: "expired", recipient, problem: entry.problem } });
    } else if (entry.state === "deferred" || !last) {
      steps.push({ at, what: { kind: "deferred", recipient, server, problem: entry.problem ?? (unanswered ? { code: "answerLost" } : greylisted), nextAttempt: last ? (entry.nextAttempt ?? at + 300_000) : at + 300_000 } });
    }
  }
  return {
    entry,
    recipients,
    steps: [...steps.map((step) => ({ ...step, lane: entry.lane })), ...extra].sort((a, b) => a.at - b.at),
    header: entry.settledAt === null ? headerOf(entry) : null,
    expiresAt: entry.acceptedAt + 5 * DAY,
    delayNoticeAt: entry.acceptedAt + 14_400_000,
  };
}

export function headerOf(entry: EntryView): string {
  return [
    `Received: from [${entry.client}] by relay.northwind.example with ESMTP id ${entry.id.slice(0, 8)};`,
    `        ${new Date(entry.acceptedAt).toUTCString()}`,
    `From: ${entry.clientName} <${entry.sender}>`,
    `To: <${entry.firstRecipient}>`,
    `Subject: ${entry.subject}`,
    `Date: ${new Date(entry.acceptedAt).toUTCString()}`,
    `Message-ID: <${entry.id.slice(-12)}@northwind.example>`,
    "MIME-Version: 1.0",
    "Content-Type: multipart/mixed; boundary=outtray-sample",
  ].join("\r\n");
}

function okReply(entry: EntryView): string {
  return `250 2.0.0 OK <${entry.id.slice(-12)}@northwind.example> [Hostname=AM9PR02MB7361.eurprd02.prod.outlook.com] Queued mail for delivery`;
}
