/**
 * Invents the mail of a small office: the same seed gives the same mail.
 */
import type { EntryView, PortView, Problem, RecipientState } from "../generated/control";

export interface Device {
  address: string;
  name: string;
  sender: string;
  subjects: string[];
  size: [number, number];
  tls: string | null;
}

export const devices: Device[] = [
  { address: "10.0.0.41", name: "Warehouse printer", sender: "scanner@northwind.example", subjects: ["Scan from Warehouse printer", "Delivery note 4471", "Scan_0231.pdf"], size: [180_000, 4_200_000], tls: "TLSv1.2" },
  { address: "10.0.0.44", name: "Reception scanner", sender: "scanner@northwind.example", subjects: ["Attached image", "Signed contract Fabrikam", "Scan_0232.pdf"], size: [90_000, 9_000_000], tls: null },
  { address: "10.0.0.12", name: "ERP", sender: "invoices@northwind.example", subjects: ["Invoice 2026-10418", "Invoice 2026-10419", "Payment reminder 2026-9977", "Order confirmation 88121"], size: [38_000, 120_000], tls: "TLSv1.3" },
  { address: "10.0.0.20", name: "NAS", sender: "backup@northwind.example", subjects: ["Backup finished", "Backup finished with warnings", "Volume 1 is 81 % full"], size: [4_000, 9_000], tls: "TLSv1.3" },
  { address: "10.0.0.9", name: "UPS", sender: "ups@northwind.example", subjects: ["Self-test passed", "On battery for 4 s"], size: [2_000, 3_000], tls: null },
  { address: "10.0.1.5", name: "Door system", sender: "alarm@northwind.example", subjects: ["Door 3 held open", "Alarm armed by K. Lind", "Camera 2 offline"], size: [2_500, 90_000], tls: "TLSv1.2" },
];

const people = [
  "anna.berg@northwind.example",
  "joe.miller@northwind.example",
  "it@northwind.example",
  "guard@fabrikam.example",
  "billing@contoso.example",
  "accounts.payable@wideworldimporters.example",
  "kim.lee@wingtip.example",
  "info@tailspin.example",
  "orders@adventure-works.example",
  "lena.vogel@northwind.example",
];

export type Random = () => number;

/** A small known generator: good enough for a play. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}

export function newId(random: Random, at: number): string {
  const hex = (digits: number) => Math.floor(random() * 16 ** digits).toString(16).padStart(digits, "0");
  const time = Math.floor(at).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-9${hex(3)}-${hex(6)}${hex(6)}`;
}

export function newEntry(random: Random, at: number, state: RecipientState, more: Partial<EntryView> = {}): EntryView {
  const device = pick(random, devices);
  const many = random() < 0.12;
  const recipients = many ? pick(random, [2, 3, 5, 180]) : 1;
  const open = state === "queued" || state === "deferred" || state === "held";
  const [least, most] = device.size;
  return {
    id: newId(random, at),
    acceptedAt: Math.floor(at),
    sender: device.sender,
    firstRecipient: pick(random, people),
    recipients,
    unsettled: open ? recipients : 0,
    subject: pick(random, device.subjects),
    size: Math.floor(least + random() * (most - least)),
    client: device.address,
    clientName: device.name,
    kind: "mail",
    state,
    attempts: state === "queued" || state === "held" ? 0 : 1,
    nextAttempt: state === "deferred" ? Math.floor(at + 600_000) : null,
    settledAt: open ? null : Math.floor(at + 700 + random() * 1500),
    problem: null,
    held: state === "held" ? { kind: "person" } : null,
    lane: state === "queued" || state === "held" ? null : "default",
    waitsFor: [],
    ...more,
  };
}

export const noSuchUser: Problem = {
  code: "recipientRefused",
  subject: "guard@fabrikam.example",
  said: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient guard@fabrikam.example not found by SMTP address lookup",
};

export const greylisted: Problem = { code: "temporaryTrouble", said: "451 4.7.0 Temporary server error. Please try again later. PRX4" };
export const badPassword: Problem = {
  code: "signInRefused",
  subject: "relay@northwind.example",
  said: "535 5.7.3 Authentication unsuccessful [AM0PR02CA0131.eurprd02.prod.outlook.com]",
};
export const portTaken = ({ port, holder }: PortView): Problem => ({
  code: "portTaken",
  subject: holder ?? String(port),
  said: "Only one usage of each socket address (protocol/network address/port) is normally permitted. (os error 10048)",
});
export const noAnswer: Problem = { code: "connectionTimedOut", subject: "smtp.office365.com:587", said: "no answer from 52.98.171.226:587 within 30 s" };
