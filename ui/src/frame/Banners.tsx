/**
 * What concerns every page: the engine is gone, is of another version, is paused, forgets a password.
 */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";

import { useAsk, useEngineState } from "../live/provider";
import { VERSION } from "../bridge/bridge";
import { otherVersion } from "../live/store";
import { useWindow, type Route } from "../window";
import { many, sayLost, sayRefused } from "../words";
import { StartService } from "./StartService";
import styles from "./frame.module.css";

export function Banners({ route }: { route: Route }) {
  const state = useEngineState();
  const { snapshot, link, connection } = state;
  const other = otherVersion(state);
  const lost = sayLost(connection.reason);
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
            <MessageBarTitle>{lost.title}</MessageBarTitle>
            {lost.text} What is shown is from before.
          </MessageBarBody>
          {lost.button === "startService" && (
            <MessageBarActions>
              <StartService />
            </MessageBarActions>
          )}
        </MessageBar>
      )}
      {other && (
        <MessageBar intent={other.contract ? "warning" : "info"}>
          <MessageBarBody>
            <MessageBarTitle>The engine is of another version.</MessageBarTitle>
            It is Outtray {snapshot.engine.version}, this window is {VERSION}. Mail goes on{other.contract ? ", but some of what is shown may be missing or old" : ""}.{" "}
            {other.older === "window" ? "Quit this window and open it again; if that does not help, install the newer Outtray." : "Restart the Outtray service, so that it runs the version that is installed."}
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
