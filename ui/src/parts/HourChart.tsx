/**
 * Twenty-four hours as bars: what was taken in, on top what failed or was refused, and beside it what was handed over.
 *
 * The same figures stand in a table for those who cannot or do not want to see bars.
 */
import { useState } from "react";

import { clockTime, count } from "../words";
import styles from "./HourChart.module.css";

export interface Hour {
  from: number;
  accepted: number;
  sent: number;
  failed: number;
  refused: number;
}

const HEIGHT = 120;
const STEP = 30;
const BAR = 13;
const SENT = 8;

export function HourChart({ hours, asTable }: { hours: Hour[]; asTable: boolean }) {
  const [at, setAt] = useState<number | null>(null);
  if (asTable) return <HourTable hours={hours} />;
  const top = niceTop(Math.max(5, ...hours.map((hour) => Math.max(hour.accepted + hour.failed + hour.refused, hour.sent))));
  const scale = (n: number) => (n === 0 ? 0 : Math.max(2, (n / top) * (HEIGHT - 4)));
  const sum = (key: "accepted" | "sent") => hours.reduce((all, hour) => all + hour[key], 0);
  const shown = at === null ? undefined : hours[at];
  return (
    <figure className={styles.figure}>
      <div className={styles.plot}>
        <span className={styles.top} aria-hidden="true">
          {count(top)}
        </span>
        <svg
          className={styles.svg}
          viewBox={`0 0 ${hours.length * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Messages accepted and handed over in each of the last 24 hours, ${count(sum("accepted"))} and ${count(sum("sent"))} in all. The table button shows the figures.`}
          onPointerLeave={() => setAt(null)}
        >
          <line x1="0" x2={hours.length * STEP} y1="1" y2="1" className={styles.grid} />
          <line x1="0" x2={hours.length * STEP} y1={HEIGHT / 2} y2={HEIGHT / 2} className={styles.grid} />
          {hours.map((hour, index) => {
            const accepted = scale(hour.accepted);
            const trouble = scale(hour.failed + hour.refused);
            const sent = scale(hour.sent);
            const x = index * STEP + (STEP - BAR - SENT - 1) / 2;
            return (
              <g key={hour.from} onPointerEnter={() => setAt(index)}>
                <rect x={index * STEP} y="0" width={STEP} height={HEIGHT} className={at === index ? styles.here : styles.catch} />
                <rect x={x} y={HEIGHT - accepted} width={BAR} height={accepted} rx="1.5" className={styles.accepted} />
                <rect x={x + BAR + 1} y={HEIGHT - sent} width={SENT} height={sent} rx="1.5" className={styles.sent} />
                {trouble > 0 && <rect x={x} y={HEIGHT - accepted - trouble - 1.5} width={BAR} height={trouble} rx="1.5" className={styles.trouble} />}
              </g>
            );
          })}
          <line x1="0" x2={hours.length * STEP} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className={styles.axis} />
        </svg>
      </div>
      <div className={styles.scale} aria-hidden="true">
        {[0, 6, 12, 18].map((index) => (
          <span key={index}>{hours[index] ? clockTime(hours[index].from) : ""}</span>
        ))}
        <span>now</span>
      </div>
      <figcaption className={styles.caption}>
        {shown ? (
          <span>
            {clockTime(shown.from)}–{clockTime(shown.from + 3_600_000)}: {count(shown.accepted)} accepted, {count(shown.sent)} handed over, {count(shown.failed)} failed, {count(shown.refused)} refused
          </span>
        ) : (
          <>
            <span className={styles.key}>
              <i className={styles.keyAccepted} /> accepted
            </span>
            <span className={styles.key}>
              <i className={styles.keySent} /> handed over
            </span>
            <span className={styles.key}>
              <i className={styles.keyTrouble} /> failed or refused
            </span>
          </>
        )}
      </figcaption>
    </figure>
  );
}

function HourTable({ hours }: { hours: Hour[] }) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label="Figures by hour">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col">Accepted</th>
            <th scope="col">Handed over</th>
            <th scope="col">Failed</th>
            <th scope="col">Refused</th>
          </tr>
        </thead>
        <tbody>
          {hours.toReversed().map((hour) => (
            <tr key={hour.from}>
              <th scope="row">
                {clockTime(hour.from)}–{clockTime(hour.from + 3_600_000)}
              </th>
              <td>{count(hour.accepted)}</td>
              <td>{count(hour.sent)}</td>
              <td>{count(hour.failed)}</td>
              <td>{count(hour.refused)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The next of 1, 2, 5, 10, 20, 50 …: a top line people can read. */
export function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 2, 4, 5, 8, 10]) if (step * power >= most) return step * power;
  return 10 * power;
}
