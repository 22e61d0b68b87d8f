/**
 * Devices, refusals and decisions of a played engine: the contract's answers, closely enough for the pages.
 */
import type { AccessQuestion, Answer, DecisionView, DeviceView, RefusalKind, RefusalView, RefusedClient, Settings } from "../generated/control";
import { ruleFor } from "../rules";
import { newEntry } from "./office";
import type { World } from "./scenarios";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function someDevices(now: number, world: Pick<World, "snapshot">): { devices: DeviceView[]; refusals: RefusalView[] } {
  const refusals = world.snapshot.refused.map(
    (client): RefusalView => ({
      address: client.address,
      clientName: client.clientName,
      why: client.why,
      count: client.count,
      firstAt: client.firstAt,
      lastAt: client.lastAt,
      sender: client.lastSender,
      recipient: client.lastRecipient,
      reply: client.lastReply,
    }),
  );
  const base = { account: null, firstSeenAt: now - 30 * 24 * HOUR, held: 0, refusedToday: 0, lastRefusal: null, network: "10.0.0.0/24", rule: "Office" };
  const seen: DeviceView[] = [
    { ...base, address: "10.0.0.41", clientName: "Reception scanner", lastSeenAt: now - 42_000, tls: "TLSv1.2", messagesToday: 61, messages: 2210, recipientsThisHour: 9, busiestHour: 31 },
    { ...base, address: "10.0.0.12", clientName: "erp", lastSeenAt: now - 4 * MINUTE, tls: "TLSv1.3", messagesToday: 118, messages: 9140, recipientsThisHour: 22, busiestHour: 140 },
    { ...base, address: "10.0.1.5", clientName: "Door system", rule: "Door system", network: "10.0.1.0/24", lastSeenAt: now - 9 * MINUTE, tls: null, messagesToday: 31, messages: 870, recipientsThisHour: 2, busiestHour: 14 },
    { ...base, address: "198.51.100.7", clientName: "branch-scanner", rule: null, network: null, account: "branch", lastSeenAt: now - 3 * HOUR, tls: "TLSv1.3", messagesToday: 4, messages: 92, recipientsThisHour: 0, busiestHour: 6 },
  ];
  const refused = refusals.map(
    (refusal): DeviceView => ({
      ...base,
      rule: refusal.why === "notAllowed" ? null : "Office",
      network: world.snapshot.refused.find((client) => client.address === refusal.address)?.network ?? null,
      address: refusal.address,
      clientName: refusal.clientName,
      firstSeenAt: refusal.firstAt,
      lastSeenAt: refusal.lastAt,
      tls: null,
      messagesToday: 0,
      messages: 0,
      recipientsThisHour: 0,
      busiestHour: 0,
      refusedToday: refusal.count,
      lastRefusal: refusal,
    }),
  );
  return { devices: [...seen, ...refused].sort((a, b) => b.lastSeenAt - a.lastSeenAt), refusals };
}

const HELD = 512;

/** A printer that has run in a circle for the last minutes, with what is held of it. */
export function burst(world: World, now: number) {
  const printer: DeviceView = {
    address: "10.0.0.63",
    clientName: "Warehouse printer",
    rule: "Office",
    account: null,
    firstSeenAt: now - 60 * 24 * HOUR,
    lastSeenAt: now - 20_000,
    tls: "TLSv1.2",
    messagesToday: 640,
    messages: 1904,
    recipientsThisHour: 612,
    busiestHour: 24,
    held: HELD,
    refusedToday: 0,
    lastRefusal: null,
    network: "10.0.0.0/24",
  };
  const held = Array.from({ length: HELD }, (_, at) =>
    newEntry(world.random, now - (HELD - at) * 1200, "held", { client: printer.address, clientName: printer.clientName, subject: "Scan_0231.pdf", recipients: 1, unsettled: 1, held: { kind: "burst" } }),
  );
  world.queue = [...world.queue, ...held].sort((a, b) => a.acceptedAt - b.acceptedAt);
  world.devices = [printer, ...world.devices];
  const { counters, notices } = world.snapshot;
  world.snapshot.counters = { ...counters, waiting: world.queue.length, held: counters.held + HELD, oldestAt: world.queue[0]?.acceptedAt ?? null };
  world.snapshot.notices = [...notices, { code: "burstHeld", subject: printer.address, said: "101 recipients in this hour, and 120 would not be too many" }];
}

/** One device for each reason there is. */
export function everyRefusal(now: number): RefusedClient[] {
  return reasons.map(([why, clientName, lastReply, lastRecipient = "anna.berg@northwind.example"], at) => ({
    address: `10.0.0.${at + 3}`,
    clientName,
    count: at % 4 === 0 ? at + 2 : 1,
    firstAt: now - 50 * MINUTE,
    lastAt: now - (at + 1) * MINUTE,
    lastSender: why === "tlsFailed" || why === "signInFailed" || why === "tooManyConnections" ? "" : "scanner@northwind.example",
    lastRecipient,
    lastReply,
    why,
    network: "10.0.0.0/24",
  }));
}

const reasons: [why: RefusalKind, clientName: string, reply: string, recipient?: string][] = [
  ["encryptionNeeded", "Copier 2nd floor", "530 5.7.0 Must issue STARTTLS first: Office: mail is taken encrypted only", ""],
  ["signInNeeded", "NAS", "530 5.7.0 Authentication required: Office: sign in with a device account of Outtray", ""],
  ["signInFailed", "branch-scanner", "535 5.7.8 The user name or the password is wrong, or the account is switched off", ""],
  ["senderNotAllowed", "UPS", "550 5.7.1 <scanner@northwind.example>: Office: this address may not send from this sender; use one that its rule in Outtray names", ""],
  ["recipientNotAllowed", "Camera 2", "550 5.7.1 <anna.berg@northwind.example>: this recipient is not allowed here; the administrator can allow it in Outtray"],
  ["tooMuch", "ERP", "450 4.7.1 Office: no more than 60 messages a minute are taken from one device; try again later", ""],
  ["attachment", "Kiosk", '550 5.7.1 The attachment "setup.exe" is not taken here: files that end in .exe may be harmful; the administrator can change that in Outtray'],
  ["headerRule", "Till", "550 5.7.1 Drafts: messages with such a Subject are not taken here; the administrator can change that in Outtray"],
  ["tlsFailed", "", "it offers only TLS 1.0, and TLS 1.2 is the oldest that is safe; update the device, or let it send without encryption", ""],
  ["tooLarge", "Plan scanner", "552 5.3.4 The message is larger than the 25000000 octets allowed here"],
  ["tooManyRecipients", "Newsletter", "452 4.5.3 A message can have 1000 recipients here; send it to the others separately"],
  ["tooManyConnections", "Monitoring", "421 4.7.0 too many connections from 10.0.0.13, try again later", ""],
  ["loop", "Old server", "554 5.4.6 Mail loop: the message went through more than 50 servers already"],
  ["diskFull", "Door system", "452 4.3.1 The disk is full here; try again later"],
  ["other", "test", "501 5.1.7 The sender address is not valid: it has no domain", ""],
];

export function found(refusals: readonly RefusalView[], text: string, offset: number, limit: number): Answer {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = refusals.filter((refusal) => {
    const all = `${refusal.address} ${refusal.clientName} ${refusal.sender} ${refusal.recipient} ${refusal.reply}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  return { kind: "refusals", page: { refusals: structuredClone(fits.slice(offset, offset + limit)), total: fits.length } };
}

/** The order of the real policy: address, then encryption, sign-in, sender, recipient. */
export function decide(question: AccessQuestion, settings: Settings): DecisionView {
  const at = ruleFor(settings.rules, question.address);
  const rule = settings.rules[at];
  const account = settings.accounts.find((each) => each.enabled && each.name === question.account);
  const no = (by: DecisionView["by"], reply: string): DecisionView => ({ permitted: false, by, rule: at < 0 ? null : at, reply });
  if (!rule && !account) return no("nothing", `550 5.7.1 <${question.address}>: this address may not send mail through here; the administrator can allow it in Outtray`);
  if (rule?.action === "refuse") return no("rule", `550 5.7.1 <${question.address}>: refused by the rule ${rule.name}`);
  if (rule?.requireEncryption && !question.encrypted) return no("rule", "530 5.7.0 Must issue a STARTTLS command first");
  if (rule?.requireSignIn && !account) return no("rule", "530 5.7.0 Authentication required");
  const senders = rule?.senders ?? [];
  if (senders.length > 0 && !senders.some((each) => question.sender.endsWith(each))) return no("rule", `550 5.7.1 <${question.sender}>: sender is not allowed by the rule ${rule?.name ?? ""}`);
  if (settings.lists.deniedRecipients.some((each) => question.recipient.endsWith(each))) return no("lists", `550 5.7.1 <${question.recipient}>: recipient is not allowed`);
  return { permitted: true, by: rule ? "rule" : "account", rule: at < 0 ? null : at, reply: null };
}

