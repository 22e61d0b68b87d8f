/**
 * The window: theme, engine's state, frame, and the page that is open.
 */
import { FluentProvider, Spinner, Toast, ToastTitle, Toaster, useId, useToastController, webDarkTheme, webLightTheme, type Theme } from "@fluentui/react-components";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import styles from "./app.module.css";
import type { Bridge } from "./bridge/bridge";
import { Banners } from "./frame/Banners";
import { EngineGone } from "./frame/EngineGone";
import { Nav } from "./frame/Nav";
import { TopBar } from "./frame/TopBar";
import { LiveProvider, useAsk, useEngineState } from "./live/provider";
import { isSetUp } from "./live/state";
import { AccessPage } from "./pages/access/AccessPage";
import { DevicesPage } from "./pages/devices/DevicesPage";
import { HistoryPage } from "./pages/history/HistoryPage";
import { OverviewPage } from "./pages/overview/OverviewPage";
import { QueuePage } from "./pages/queue/QueuePage";
import { SettingsPage } from "./pages/settings/SettingsPage";
import { SetupPage } from "./pages/setup/SetupPage";
import { hasUnfinishedSetup } from "./pages/setup/draft";
import { WindowContext, type Route, type WindowActs } from "./window";
import { sayRefused, type Remedy, type Tone } from "./words";

const fontFamilyBase = '"Segoe UI Variable Text", "Segoe UI", "Inter Variable", system-ui, sans-serif';
// `ground` is ours: what cards lie on. Fluent's own greys are too close to white, or to black.
const light: Theme & { ground: string } = { ...webLightTheme, fontFamilyBase, ground: "#f5f5f5" };
const dark: Theme & { ground: string } = { ...webDarkTheme, fontFamilyBase, ground: "#1f1f1f" };

export function App({ bridge }: { bridge: Bridge }) {
  // No class on the provider: Fluent puts it on its layers for dialogs too, and they must not fill the window.
  return (
    <FluentProvider theme={useDark() ? dark : light} style={{ height: "100%" }}>
      <LiveProvider bridge={bridge}>
        <OuttrayWindow />
      </LiveProvider>
    </FluentProvider>
  );
}

function OuttrayWindow() {
  const state = useEngineState();
  const [route, setRoute] = useState<Route | null>(null);
  const toaster = useId("toaster");
  const acts = useActs(setRoute, toaster);
  const here = useMemo<Route>(() => {
    if (route) return route;
    return state.snapshot && (!isSetUp(state.snapshot) || hasUnfinishedSetup()) ? { page: "setup" } : { page: "overview" };
  }, [route, state.snapshot]);
  // The first page is chosen once: finishing the setup elsewhere does not throw anybody out of it.
  if (!route && state.snapshot) setRoute(here);

  return (
    <WindowContext.Provider value={acts}>
      <div className={here.page === "setup" ? styles.setup : styles.window}>
        {here.page !== "setup" && <TopBar />}
        <Banners route={here} />
        {here.page !== "setup" && <Nav route={here} />}
        <Content route={here} />
      </div>
      <Toaster toasterId={toaster} position="bottom-end" />
    </WindowContext.Provider>
  );
}

function Content({ route }: { route: Route }) {
  const { snapshot, link } = useEngineState();
  if (!snapshot) {
    return (
      <main className={styles.main} id="page">
        {link === "lost" ? <EngineGone /> : <Spinner className={styles.spinner} label="Connecting to the engine…" />}
      </main>
    );
  }
  if (route.page === "setup") return <SetupPage />;
  return (
    <main className={`${styles.main} ${route.page === "queue" || route.page === "history" ? styles.full : ""}`} id="page" tabIndex={-1} key={route.page} data-stale={link === "lost" ? "" : undefined}>
      <OpenPage route={route} />
    </main>
  );
}

function OpenPage({ route }: { route: Exclude<Route, { page: "setup" }> }) {
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "queue":
      return <QueuePage open={route.open} />;
    case "history":
      return <HistoryPage open={route.open} text={route.text} key={route.text} />;
    case "devices":
      return <DevicesPage />;
    case "access":
      return <AccessPage part={route.part ?? "rules"} />;
    case "settings":
      return <SettingsPage part={route.part ?? "provider"} />;
  }
}

function useActs(setRoute: (route: Route) => void, toaster: string): WindowActs {
  const ask = useAsk();
  const { dispatchToast } = useToastController(toaster);
  const tell = useCallback(
    (tone: Tone, text: string) => {
      const intent = ({ good: "success", busy: "info", quiet: "info", warn: "warning", bad: "error" } as const)[tone];
      dispatchToast(
        <Toast>
          <ToastTitle>{text}</ToastTitle>
        </Toast>,
        { intent, timeout: tone === "bad" ? 9000 : 4000 },
      );
    },
    [dispatchToast],
  );
  const mend = useCallback(
    (remedy: Remedy) => {
      const asked = async (request: { ask: "tryLane" } | { ask: "reloadSettings" }, done: string) => {
        const answer = await ask(request);
        if (answer.kind === "refused") tell("bad", sayRefused(answer.refused));
        else if (answer.kind === "problems") tell("warn", `Still ${answer.problems.length} wrong in the file.`);
        else tell("good", done);
      };
      switch (remedy) {
        case "setUp":
          return setRoute({ page: "setup" });
        case "openSignIn":
        case "openProvider":
        case "swapEncryption":
          return setRoute({ page: "settings", part: "provider" });
        case "openListening":
        case "openCertificate":
          return setRoute({ page: "settings", part: "listening" });
        case "openLimits":
          return setRoute({ page: "settings", part: "limits" });
        case "tryNow":
          return void asked({ ask: "tryLane" }, "Trying now.");
        case "reloadSettings":
          return void asked({ ask: "reloadSettings" }, "The settings file was read.");
      }
    },
    [ask, setRoute, tell],
  );
  return useMemo(() => ({ go: setRoute, mend, tell }), [setRoute, mend, tell]);
}

const darkQuery = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");

function useDark(): boolean {
  const subscribe = useCallback((changed: () => void) => {
    darkQuery?.addEventListener("change", changed);
    return () => darkQuery?.removeEventListener("change", changed);
  }, []);
  const isDark = useSyncExternalStore(subscribe, () => darkQuery?.matches ?? false);
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
  }, [isDark]);
  return isDark;
}
