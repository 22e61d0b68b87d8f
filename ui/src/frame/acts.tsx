/**
 * What every page may do with the window, done: go somewhere, mend something, say something.
 */
import { Button, Toast, ToastTitle, ToastTrigger, useToastController } from "@fluentui/react-components";
import { Dismiss16Regular } from "@fluentui/react-icons";
import { useCallback, useEffect, useMemo, useRef } from "react";

import { swapEncryption } from "../forms/ConnectionCheck";
import type { Settings } from "../bridge/bridge";
import { sayWrong } from "../forms/check";
import { settingsOfFile } from "../forms/places";
import { useAsk, useDesktop, type Ask } from "../live/provider";
import { copyText } from "../parts/copy";
import type { Guard, Route, WindowActs } from "../window";
import { closedListeners, many, sayListener, sayRefused, smartHostEncryptionWords, USUAL, type Remedy, type Tone } from "../words";

interface Acting {
  here: Route;
  setRoute(route: Route): void;
  sendTest(): void;
  toaster: string;
}

const intents = { good: "success", busy: "info", quiet: "info", warn: "warning", bad: "error" } as const satisfies Record<Tone, string>;
/** Good news goes by itself, a warning later. What went wrong stays until somebody has read it. */
const SHOWN_MS = { good: 5000, busy: 5000, quiet: 5000, warn: 10_000, bad: -1 } as const satisfies Record<Tone, number>;

export function useActs({ here, setRoute, sendTest, toaster }: Acting): WindowActs {
  const ask = useAsk();
  const desktop = useDesktop();
  const { dispatchToast } = useToastController(toaster);
  const guarding = useRef<Guard | null>(null);
  const page = useRef(here.page);
  useEffect(() => {
    page.current = here.page;
  });

  const tell = useCallback(
    (tone: Tone, text: string) => {
      const waits = tone === "bad" || tone === "warn";
      const dismiss = (
        <ToastTrigger>
          <Button appearance="transparent" size="small" icon={<Dismiss16Regular />} aria-label="Dismiss" />
        </ToastTrigger>
      );
      dispatchToast(
        <Toast>
          <ToastTitle {...(waits ? { action: dismiss } : {})}>{text}</ToastTitle>
        </Toast>,
        // The same words twice are one message.
        { intent: intents[tone], timeout: SHOWN_MS[tone], toastId: text },
      );
    },
    [dispatchToast],
  );
  const go = useCallback(
    (route: Route) => {
      const guard = guarding.current;
      if (guard && route.page !== page.current) guard(() => setRoute(route));
      else setRoute(route);
    },
    [setRoute],
  );
  const mend = useCallback(
    (remedy: Remedy, about?: string) => {
      if (remedy === "restartRelay") void restartRelay(desktop.restart, tell);
      else void act(remedy, about, ask, go, tell);
    },
    [ask, desktop, go, tell],
  );
  const guard = useCallback((by: Guard | null) => {
    guarding.current = by;
  }, []);
  return useMemo(() => ({ go, guard, mend, sendTest, tell }), [go, guard, mend, sendTest, tell]);
}

/** Does what the button beside a trouble promises, and says what came of it. */
async function act(remedy: Exclude<Remedy, "restartRelay">, about: string | undefined, ask: Ask, go: WindowActs["go"], tell: WindowActs["tell"]): Promise<void> {
  switch (remedy) {
    case "setUp":
      return go({ page: "setup" });
    case "openSignIn":
    case "openProvider":
      return go({ page: "settings", part: about === undefined || about === USUAL ? "provider" : "routes" });
    case "openListening":
    case "openCertificate":
    case "openPickup":
      return go({ page: "settings", part: "listening" });
    case "openSigning":
      return go({ page: "settings", part: "signing" });
    case "openDevices":
      return go({ page: "devices" });
    case "openAccounts":
      return go({ page: "access", part: "accounts" });
    case "openQueue":
      return go({ page: "queue" });
    case "openSettings":
      return go(settingsOfFile(await settingsInForce(ask), about));
    case "copyFolder":
      return copyPath(about ?? (await dataFolder(ask)), tell);
    case "openLimits":
      return go({ page: "settings", part: "limits" });
    case "swapEncryption":
      return swapInForce(ask, tell);
    case "tryListeners":
      return tryListeners(ask, tell);
    case "tryNow": {
      const answer = await ask(about === undefined ? { ask: "tryLane" } : { ask: "lane", lane: about, act: "tryNow" });
      if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
      else tell("quiet", "Trying now.");
      return;
    }
    case "reloadSettings": {
      const answer = await ask({ ask: "reloadSettings" });
      if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
      else if (answer.kind === "problems") tell("warn", `${many(answer.problems.length, "thing is", "things are")} still wrong in the file.`);
      else tell("good", "The settings file was read and is in force.");
    }
  }
}

async function restartRelay(restart: () => Promise<boolean>, tell: WindowActs["tell"]): Promise<void> {
  try {
    if (await restart()) tell("good", "The relay was restarted.");
    else tell("warn", "The relay was not restarted.");
  } catch (error) {
    tell("bad", String(error).replace(/^Error: /, ""));
  }
}

async function settingsInForce(ask: Ask): Promise<Settings | null> {
  const now = await ask({ ask: "settings" });
  return now.kind === "settings" ? now.settings.settings : null;
}

async function dataFolder(ask: Ask): Promise<string> {
  const now = await ask({ ask: "snapshot" });
  return now.kind === "snapshot" ? now.snapshot.engine.dataFolder : "";
}

async function copyPath(path: string, tell: WindowActs["tell"]): Promise<void> {
  if (path !== "" && (await copyText(path))) tell("good", `Copied: ${path}`);
  else tell("warn", path === "" ? "The folder could not be asked for." : `It could not be copied. The path is ${path}`);
}

/** Puts the other pair of port and encryption in force, and tries it. */
async function swapInForce(ask: Ask, tell: WindowActs["tell"]): Promise<void> {
  // What is in force now, not what this window drew last.
  const now = await ask({ ask: "settings" });
  const host = now.kind === "settings" ? now.settings.settings.smartHost : null;
  if (now.kind !== "settings" || !host) return tell("bad", now.kind === "refused" ? sayRefused(now.refused) : "There is no mail provider yet.");
  const swapped = swapEncryption(host);
  const answer = await ask({ ask: "applySettings", settings: { ...now.settings.settings, smartHost: swapped } });
  if (answer.kind === "problems") return tell("bad", answer.problems.map(sayWrong).join(" "));
  if (answer.kind !== "settings") return tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
  await ask({ ask: "tryLane" });
  tell("good", `Port ${swapped.port} with ${smartHostEncryptionWords[swapped.encryption].label} is in force. Trying now.`);
}

async function tryListeners(ask: Ask, tell: WindowActs["tell"]): Promise<void> {
  const answer = await ask({ ask: "tryListeners" });
  if (answer.kind === "refused") return tell("bad", sayRefused(answer.refused));
  const now = await ask({ ask: "snapshot" });
  if (now.kind !== "snapshot") return;
  const closed = closedListeners(now.snapshot.listeners);
  if (closed.length === 0) tell("good", "Every port is open: devices can connect.");
  else tell("warn", closed.map((listener) => sayListener(listener).title).join(" "));
}
