/**
 * Devices, refusals and decisions of a played engine: the contract's answers, closely enough for the pages.
 */
import type { AccessQuestion, AccessRule, Answer, DecisionView, DeviceView, RefusalView, Settings } from "../generated/control";
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

export function aBurst(now: number): DeviceView {
  return {
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
    held: 512,
    refusedToday: 0,
    lastRefusal: null,
    network: "10.0.0.0/24",
  };
}

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
  const at = settings.rules.findIndex((rule) => covers(rule, question.address));
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

function covers(rule: AccessRule, address: string): boolean {
  const [base = "", prefix] = rule.network.split("/");
  const bits = (text: string) => text.split(".").reduce((value, part) => value * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix ?? 32));
  return Math.floor(bits(base) / size) === Math.floor(bits(address) / size);
}
