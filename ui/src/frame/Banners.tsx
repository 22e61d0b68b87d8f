/**
 * What concerns every page: why the engine is gone, that it is of another version, is paused, forgets a password.
 *
 * The line above has said the state already; only the setup has no such line, so there it is said here.
 */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";

import { useAsk, useEngineState } from "../live/provider";
import { VERSION } from "../bridge/bridge";
import { otherVersion } from "../live/store";
import { useWindow, type Route } from "../window";
import { many, sayLost, sayRefused, sayWhy, type Tone } from "../words";
import { ServiceButton } from "./ServiceButton";
import styles from "./frame.module.css";

const intents = { good: "success", busy: "info", quiet: "info", warn: "warning", bad: "error" } as const satisfies Record<Tone, string>;

export function Banners({ route }: { route: Route }) {
  const state = useEngineState();
  const { snapshot, link, connection } = state;
  const other = otherVersion(state);
  const lost = sayLost(connection.reason);
  const why = sayWhy(connection);
  const inSetup = route.page === "setup";
  const { go, tell } = useWindow();
  const ask = useAsk();
  if (!snapshot) return null;

  const resume = async () => {
    const answer = await ask({ ask: "resume" });
    if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
  };
  const forgetful = snapshot.settings.secrets.some((secret) => secret.isSet && secret.untilRestart && !secret.name.startsWith("dkim."));
  return (
    <div className={styles.banners}>
      {link === "lost" && (
        <MessageBar layout="singleline" intent={intents[lost.tone]} politeness="assertive">
          <MessageBarBody>
            {inSetup && <MessageBarTitle>{lost.title}</MessageBarTitle>}
            {why !== "" && <span className={styles.why}>{why} </span>}
            {lost.text}
          </MessageBarBody>
          {lost.button !== null && (
            <MessageBarActions>
              <ServiceButton button={lost.button} />
            </MessageBarActions>
          )}
        </MessageBar>
      )}
      {other && (
        <MessageBar layout="singleline" intent={other.contract ? "warning" : "info"}>
          <MessageBarBody>
            <MessageBarTitle>The engine is of another version.</MessageBarTitle>
            It is Outtray {snapshot.engine.version}, this window is {VERSION}. Mail goes on{other.contract ? ", but some of what is shown may be missing or old" : ""}.{" "}
            {other.older === "window" ? "Quit this window and open it again; if that does not help, install the newer Outtray." : "Restart the Outtray service, so that it runs the version that is installed."}
          </MessageBarBody>
        </MessageBar>
      )}
      {snapshot.paused && inSetup && (
        <MessageBar layout="singleline" intent="warning">
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
      {forgetful && !inSetup && (
        <MessageBar layout="singleline" intent="info">
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
