/**
 * Shown when the window opened and no engine answers.
 */
import { PlugDisconnected24Regular } from "@fluentui/react-icons";

import { Empty } from "../parts/Page";

export function EngineGone() {
  return (
    <Empty icon={<PlugDisconnected24Regular />} title="Outtray’s engine is not running">
      The part of Outtray that takes and hands over mail does not answer. This window connects by itself as soon as it is there. If it stays so, restart Outtray; mail on the disk is safe.
    </Empty>
  );
}
