/**
 * The questions of the setup as forms, and the rest. Who may send is a page of its own.
 */
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import { useDraft } from "../../forms/draft";
import { PartTabs } from "../../forms/PartTabs";
import { keysOf, settingsParts, type Place } from "../../forms/places";
import { Overtaken, SaveBar } from "../../forms/SaveBar";
import { SECRET } from "../../forms/SignInForm";
import { useMachine } from "../../live/machine";
import { useSnapshot } from "../../live/provider";
import { PageHead } from "../../parts/Page";
import { useWindow, type SettingsPart } from "../../window";
import { MachinePart } from "./MachinePart";
import { DeliveryPart, LimitsPart, UpkeepPart } from "./NumberParts";
import { RoutesPart } from "./RoutesPart";
import { ListeningPart, ProviderPart } from "./SetupParts";
import styles from "./settings.module.css";

const keys = keysOf("settings");

export function SettingsPage({ part }: { part: SettingsPart }) {
  const { settings: inForce } = useSnapshot();
  const { go } = useWindow();
  const [secret, setSecret] = useState("");
  const [untilRestart, setUntilRestart] = useState(false);
  // Whose it is: the usual provider's, or that of another one.
  const [secretName, setSecretName] = useState(SECRET);
  const draft = useDraft(keys, { secret: secret === "" ? null : { name: secretName, secret, untilRestart }, onForget: () => setSecret("") });
  const typed = (name: string) => ({
    secret: secretName === name ? secret : "",
    onSecret: (next: string) => {
      setSecretName(name);
      setSecret(next);
    },
    untilRestart,
    onUntilRestart: setUntilRestart,
  });
  const machine = useMachine();
  const form = { draft: draft.draft, change: draft.change, problems: draft.check.problems, onLeave: draft.leave };
  return (
    <div className={styles.page}>
      <PageHead
        title="Settings"
        sub={
          <>
            Kept by the engine in <span className="mono">{inForce.path}</span>
          </>
        }
        actions={<Button onClick={() => go({ page: "setup" })}>Run the setup again</Button>}
      />
      <Overtaken when={draft.overtaken} />
      <PartTabs<Extract<Place, { page: "settings" }>> page="settings" parts={settingsParts} part={part} problems={draft.check.problems} onPart={(next) => go({ page: "settings", part: next })}>
        {part === "provider" && <ProviderPart {...form} {...typed(SECRET)} />}
        {part === "routes" && <RoutesPart {...form} typed={typed} />}
        {part === "listening" && <ListeningPart {...form} machine={machine} />}
        {part === "limits" && <LimitsPart {...form} />}
        {part === "delivery" && <DeliveryPart {...form} />}
        {part === "machine" && <MachinePart machine={machine} />}
        {part === "upkeep" && <UpkeepPart {...form} />}
      </PartTabs>
      <SaveBar draft={draft} here={{ page: "settings", part }} />
    </div>
  );
}
