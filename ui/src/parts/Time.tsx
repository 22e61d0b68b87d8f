/**
 * A moment in words, with the exact one on hover.
 */
import { ago, ahead, exactTime, span } from "../words";
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

export function Ahead({ at }: { at: number }) {
  const now = useNow(1000);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {ahead(at, now)}
    </time>
  );
}
