/**
 * Reads a subnet, an address or a range as typed: how many addresses it means, whether they are public, what lies in it.
 *
 * Only for saying it while someone types. The engine's host decides what is valid.
 */
export interface Network {
  /** As it will be meant: `10.0.0.0/24` for `10.0.0.7/24`. */
  canonical: string;
  first: string;
  last: string;
  addresses: bigint;
  publicAddresses: boolean;
}

interface Span {
  bits: 32 | 128;
  first: bigint;
  last: bigint;
}

export function readNetwork(text: string): Network | null {
  const read = readSpan(text);
  if (!read) return null;
  const { bits, first, last, canonical } = read;
  const show = bits === 32 ? showV4 : showV6;
  return {
    canonical,
    first: show(first),
    last: show(last),
    addresses: last - first + 1n,
    publicAddresses: !(bits === 32 ? privateV4 : privateV6).some((range) => first >= range.first && last <= range.last),
  };
}

/** Whether every address of the second is one of the first. What cannot be read holds nothing and lies nowhere. */
export function holds(outer: string, inner: string): boolean {
  const [a, b] = [readSpan(outer), readSpan(inner)];
  return a !== null && b !== null && a.bits === b.bits && a.first <= b.first && b.last <= a.last;
}

export function sameNetwork(a: string, b: string): boolean {
  return holds(a, b) && holds(b, a);
}

function readSpan(text: string): (Span & { canonical: string }) | null {
  const [from = "", to, ...more] = text.split("-");
  return to === undefined ? readSubnet(from.trim()) : more.length > 0 ? null : readRange(from.trim(), to.trim());
}

function readRange(from: string, to: string): (Span & { canonical: string }) | null {
  const [first, last] = [readAddress(from), readAddress(to)];
  if (!first || !last || first.bits !== last.bits || last.value < first.value) return null;
  const show = first.bits === 32 ? showV4 : showV6;
  return { bits: first.bits, first: first.value, last: last.value, canonical: `${show(first.value)}-${show(last.value)}` };
}

function readSubnet(text: string): (Span & { canonical: string }) | null {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return null;
  const parsed = readAddress(address);
  if (!parsed) return null;
  const length = prefix === undefined ? parsed.bits : Number(prefix);
  if (length > parsed.bits) return null;
  const addresses = 1n << BigInt(parsed.bits - length);
  const first = parsed.value - (parsed.value % addresses);
  const show = parsed.bits === 32 ? showV4 : showV6;
  return { bits: parsed.bits, first, last: first + addresses - 1n, canonical: length === parsed.bits ? show(first) : `${show(first)}/${length}` };
}

function readAddress(text: string): { value: bigint; bits: 32 | 128 } | null {
  return parseV4(text) ?? parseV6(text);
}

/** "1 address", "256 addresses", "more than a million addresses". */
export function sayAddresses(addresses: bigint | number): string {
  const n = BigInt(addresses);
  if (n === 1n) return "1 address";
  if (n <= 16_777_216n) return `${n.toLocaleString("en-US")} addresses`;
  if (n <= 4_294_967_296n) return `${(Number(n) / 1_000_000).toLocaleString("en-US", { maximumFractionDigits: 0 })} million addresses`;
  return "practically unlimited addresses";
}

function parseV4(text: string): { value: bigint; bits: 32 } | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return { value: parts.reduce((value, part) => value * 256n + BigInt(part), 0n), bits: 32 };
}

function parseV6(text: string): { value: bigint; bits: 128 } | null {
  if (!/^[0-9a-fA-F:]+$/.test(text) || !text.includes(":")) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = (half: string | undefined) => (half ? half.split(":") : []);
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill("0"), ...tail];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  return { value: all.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n), bits: 128 };
}

function showV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

function showV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 65_535n).toString(16));
  // The longest run of zero groups is written as "::".
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

/** Addresses that do not come from the internet: private use, link-local, loopback, shared by carriers. */
const privateV4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10"].flatMap((text) => readSubnet(text) ?? []);
const privateV6 = ["fc00::/7", "fe80::/10", "::1/128"].flatMap((text) => readSubnet(text) ?? []);
