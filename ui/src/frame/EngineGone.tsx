/**
 * Shown when the window opened and no engine answers: why, and what to do.
 */
import { PlugDisconnected24Regular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import { useEngineState } from "../live/provider";
import { Empty } from "../parts/Page";
import { Working } from "../parts/Working";
import { sayLost, sayWhy } from "../words";
import { ServiceButton } from "./ServiceButton";
import styles from "./frame.module.css";

export function EngineGone() {
  const { link, connection } = useEngineState();
  if (link !== "lost") return <Starting />;
  const lost = sayLost(connection.reason);
  const why = sayWhy(connection);
  return (
    <Empty icon={lost.tone === "busy" ? <Working size="large" /> : <PlugDisconnected24Regular />} title={lost.title} actions={lost.button === null ? undefined : <ServiceButton button={lost.button} primary />}>
      {why !== "" && <p className={styles.why}>{why}</p>}
      <p>{lost.text}</p>
    </Empty>
  );
}

/** A person who waits longer than this wants to know for what. */
const EXPLAIN_AFTER = 4000;

function Starting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), EXPLAIN_AFTER);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Empty icon={<Working size="large" />} title="Starting Outtray">
      <p role="status">{long ? "The first start makes a certificate and opens this machine’s credential store; that can take half a minute." : "One moment."}</p>
    </Empty>
  );
}
