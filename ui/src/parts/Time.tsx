/**
 * A moment in words, with the exact one on hover.
 */
import { ago, ahead, clockSeconds, dayAndClock, exactTime, span } from "../words";
import { useNow } from "./clock";

export function Ago({ at }: { at: number }) {
  const now = useNow(5000);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {ago(at, now)}
    </time>
  );
}

/** The length without "ago", for a column that is called "Age". */
export function Age({ at }: { at: number }) {
  const now = useNow(5000);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {span(now - at)}
    </time>
  );
}

/** "4 min ago" on the same day, the day and the time before. */
export function When({ at, seconds = false }: { at: number; seconds?: boolean }) {
  const now = useNow(5000);
  const recent = now - at < 20 * 3_600_000;
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {recent ? `${seconds ? `${clockSeconds(at)} · ` : ""}${ago(at, now)}` : dayAndClock(at, now)}
    </time>
  );
}

export function Ahead({ at }: { at: number }) {
  const now = useNow(1000);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {ahead(at, now)}
    </time>
  );
}
