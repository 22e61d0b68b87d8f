/**
 * Times, sizes, counts and addresses as people read them.
 */
const LOCALE = "en-GB";

const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const clockExact = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayShort = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const dayYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(LOCALE, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const number = new Intl.NumberFormat("en-US");

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const count = (n: number): string => number.format(n);

/** "1 message", "12 messages"; irregular forms are given. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : more}`;
}

export function exactTime(at: number): string {
  return full.format(at);
}

/** "26 Feb 2029", of a day as the engine writes it: "2029-02-26". */
export function day(iso: string): string {
  const [year = 0, month = 1, date = 1] = iso.split("-").map(Number);
  return dayYear.format(new Date(year, month - 1, date));
}

export function clockTime(at: number): string {
  return clock.format(at);
}

export function clockSeconds(at: number): string {
  return clockExact.format(at);
}

/** "14:03" today, "Mon 23 Nov 14:03" style otherwise. */
export function dayAndClock(at: number, now: number): string {
  if (sameDay(at, now)) return clock.format(at);
  if (sameDay(at, now - DAY)) return `yesterday ${clock.format(at)}`;
  if (sameDay(at, now + DAY)) return `tomorrow ${clock.format(at)}`;
  return `${(sameYear(at, now) ? dayShort : dayYear).format(at)}, ${clock.format(at)}`;
}

/** "just now", "4 min ago", "3 h ago", "2 days ago". */
export function ago(at: number, now: number): string {
  const age = now - at;
  return age < 10 * SECOND ? "just now" : `${span(age)} ago`;
}

/** "in 4 min", "now". */
export function ahead(at: number, now: number): string {
  const left = at - now;
  return left <= SECOND ? "now" : `in ${span(left)}`;
}

/** A length of time, rounded as people say it: "40 s", "6 min", "3 h", "2 days". */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  if (length < MINUTE) return `${Math.max(1, Math.floor(length / SECOND))} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < 2 * DAY) {
    const hours = Math.floor(length / HOUR);
    const minutes = Math.floor((length % HOUR) / MINUTE);
    return hours < 3 && minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  }
  return many(Math.floor(length / DAY), "day");
}

/** How long something took: "0.8 s", "2 min". */
export function took(ms: number): string {
  if (ms < 1000) return `${Math.max(0.1, ms / 1000).toFixed(1)} s`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : took(ms);
}

/** KB and MB of a thousand, as mail providers count. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} KB`;
  const mb = bytes / 1_000_000;
  return mb < 1000 ? `${mb < 10 ? mb.toFixed(1) : Math.round(mb)} MB` : `${(mb / 1000).toFixed(1)} GB`;
}

/** An address in two parts, so that a narrow column shortens the name and never the domain. */
export function splitAddress(address: string): { local: string; domain: string } {
  const at = address.lastIndexOf("@");
  return at < 0 ? { local: address, domain: "" } : { local: address.slice(0, at), domain: address.slice(at) };
}

/** Ids are long; eight signs are enough to tell two apart in a talk. */
export function shortId(id: string): string {
  return id.replaceAll("-", "").slice(-8);
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}
