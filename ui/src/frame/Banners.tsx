/**
 * What concerns every page: the engine is gone, is of another version, is paused, forgets a password.
 */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";

import { useAsk, useEngineState } from "../live/provider";
import { isOtherVersion } from "../live/store";
import { useWindow, type Route } from "../window";
import { many, sayRefused } from "../words";
import styles from "./frame.module.css";

export function Banners({ route }: { route: Route }) {
  const state = useEngineState();
  const { snapshot, link } = state;
  const { go, tell } = useWindow();
  const ask = useAsk();
  if (!snapshot) return null;

  const resume = async () => {
    const answer = await ask({ ask: "resume" });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  const forgetful = snapshot.settings.secrets.some((secret) => secret.isSet && secret.untilRestart);
  return (
    <div className={styles.banners}>
      {link !== "connected" && (
        <MessageBar intent="error" politeness="assertive">
          <MessageBarBody>
            <MessageBarTitle>Connection to the engine lost.</MessageBarTitle>
            The page shows what was known before. Outtray is connecting again by itself.
          </MessageBarBody>
        </MessageBar>
      )}
      {isOtherVersion(state) && (
        <MessageBar intent="warning">
          <MessageBarBody>
            <MessageBarTitle>The engine is of another version.</MessageBarTitle>
            It is Outtray {snapshot.engine.version}. Mail goes on, but this window may show it wrongly. Restart Outtray after an update, or update it.
          </MessageBarBody>
        </MessageBar>
      )}
      {snapshot.paused && (
        <MessageBar intent="warning">
          <MessageBarBody>
            <MessageBarTitle>Delivery is paused.</MessageBarTitle>
            Devices can still send; {many(snapshot.counters.waiting, "message waits", "messages wait")} here until you resume.
          </MessageBarBody>
          <MessageBarActions>
            <Button appearance="primary" size="small" onClick={() => void resume()}>
              Resume
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {forgetful && route.page !== "setup" && (
        <MessageBar intent="info">
          <MessageBarBody>
            <MessageBarTitle>The password is kept until the next restart only.</MessageBarTitle>
            After a restart mail waits until it is typed again.
          </MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={() => go({ page: "settings", part: "provider" })}>
              Sign-in settings
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
    </div>
  );
}
