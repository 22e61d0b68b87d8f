/**
 * Shown when the window opened and no engine answers: why, and what to do.
 */
import { PlugDisconnected24Regular } from "@fluentui/react-icons";

import { useEngineState } from "../live/provider";
import { Empty } from "../parts/Page";
import { Said } from "../parts/Said";
import { sayLost } from "../words";
import { StartService } from "./StartService";

export function EngineGone() {
  const { connection } = useEngineState();
  const gone = connection.reason === "gone" || connection.reason === null;
  const lost = gone
    ? {
        title: "Outtray’s engine is not running",
        text: "The part of Outtray that takes and hands over mail does not answer. This window connects by itself as soon as it is there. If it stays so, restart Outtray; mail on the disk is safe.",
        button: null,
      }
    : sayLost(connection.reason);
  return (
    <Empty icon={<PlugDisconnected24Regular />} title={lost.title} actions={lost.button === "startService" ? <StartService /> : undefined}>
      {lost.text}
      {connection.why !== null && connection.reason === "failed" && <Said words={connection.why} label="What the system said" />}
    </Empty>
  );
}
