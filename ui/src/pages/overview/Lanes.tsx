/**
 * Where there are several providers: how each is doing, what it has had of its limit, and its buttons.
 */
import { Button } from "@fluentui/react-components";

import type { LaneAct, LaneView } from "../../bridge/bridge";
import { providerName } from "../../forms/providers";
import { useAsk, useSnapshot } from "../../live/provider";
import { Section } from "../../parts/Page";
import { ToneLabel } from "../../parts/Tone";
import { sayLaneState, sayRefused, sayUse, USUAL } from "../../words";
import { useWindow } from "../../window";
import styles from "./overview.module.css";

export function Lanes() {
  const { lane, otherLanes } = useSnapshot();
  if (otherLanes.length === 0) return null;
  return (
    <Section title="Mail providers">
      <ul className={styles.lanes}>
        {[lane, ...otherLanes].map((each) => (
          <LaneRow key={each.name} lane={each} />
        ))}
      </ul>
    </Section>
  );
}

function LaneRow({ lane }: { lane: LaneView }) {
  const ask = useAsk();
  const { tell } = useWindow();
  const provider = providerName(lane.provider, lane.server);
  const name = lane.name === USUAL ? provider : lane.name;
  const words = sayLaneState(lane, provider);
  const act = async (act: LaneAct, done: string) => {
    const answer = await ask({ ask: "lane", lane: lane.name, act });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
    else if (done !== "") tell("quiet", done);
  };
  return (
    <li className={styles.lane}>
      <div>
        <strong>{name}</strong> <span className="quiet">{lane.name === USUAL ? "the usual one" : provider === lane.name ? "" : provider}</span>
        {words.means !== "" && <div className="quiet">{words.means}</div>}
      </div>
      <span className="quiet">{sayUse(lane)}</span>
      <ToneLabel tone={words.tone}>{words.label}</ToneLabel>
      <div className={styles.laneActs}>
        {lane.state.kind === "throttled" && !lane.paused && (
          <Button size="small" aria-label={`Try ${name} now`} onClick={() => void act("tryNow", `Trying ${name} now.`)}>
            Try now
          </Button>
        )}
        {lane.paused ? (
          <Button size="small" appearance="primary" aria-label={`Resume ${name}`} onClick={() => void act("resume", "")}>
            Resume
          </Button>
        ) : (
          <Button size="small" aria-label={`Pause ${name}`} onClick={() => void act("pause", "")}>
            Pause
          </Button>
        )}
      </div>
    </li>
  );
}
