/**
 * The window: theme, engine's state, frame, and the page that is open.
 */
import { FluentProvider, Toaster, useId, webDarkTheme, webLightTheme, type Theme } from "@fluentui/react-components";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import styles from "./app.module.css";
import type { Bridge } from "./bridge/bridge";
import { Banners } from "./frame/Banners";
import { EngineGone } from "./frame/EngineGone";
import { Nav } from "./frame/Nav";
import { TestDialog } from "./frame/TestDialog";
import { TopBar } from "./frame/TopBar";
import { WindowFault } from "./frame/WindowFault";
import { useActs } from "./frame/acts";
import { LiveProvider, useDesktop, useEngineState } from "./live/provider";
import { isSetUp } from "./live/state";
import { AccessPage } from "./pages/access/AccessPage";
import { DevicesPage } from "./pages/devices/DevicesPage";
import { HistoryPage } from "./pages/history/HistoryPage";
import { OverviewPage } from "./pages/overview/OverviewPage";
import { QueuePage } from "./pages/queue/QueuePage";
import { SettingsPage } from "./pages/settings/SettingsPage";
import { SetupPage } from "./pages/setup/SetupPage";
import { hasUnfinishedSetup } from "./pages/setup/draft";
import { WindowContext, type Route } from "./window";

const fontFamilyBase = '"Segoe UI Variable Text", "Segoe UI", "Inter Variable", system-ui, sans-serif';
// `ground` is ours: what cards lie on. Fluent's own greys are too close to white, or to black.
const light: Theme & { ground: string } = { ...webLightTheme, fontFamilyBase, ground: "#f5f5f5" };
const dark: Theme & { ground: string } = { ...webDarkTheme, fontFamilyBase, ground: "#1f1f1f" };

export function App({ bridge }: { bridge: Bridge }) {
  // No class on the provider: Fluent puts it on its layers for dialogs too, and they must not fill the window.
  return (
    <FluentProvider theme={useDark() ? dark : light} style={{ height: "100%" }}>
      <WindowFault>
        <LiveProvider bridge={bridge}>
          <OuttrayWindow />
        </LiveProvider>
      </WindowFault>
    </FluentProvider>
  );
}

function OuttrayWindow() {
  const state = useEngineState();
  const [route, setRoute] = useState<Route | null>(null);
  const toaster = useId("toaster");
  const [testing, setTesting] = useState(false);
  const here = useMemo<Route>(() => {
    if (route) return route;
    return state.snapshot && (!isSetUp(state.snapshot) || hasUnfinishedSetup()) ? { page: "setup" } : { page: "overview" };
  }, [route, state.snapshot]);
  // The first page is chosen once: finishing the setup elsewhere does not throw anybody out of it.
  if (!route && state.snapshot) setRoute(here);
  // Before the setup there is nothing to test.
  if (testing && state.snapshot && !state.snapshot.settings.settings.smartHost) setTesting(false);

  const sendTest = useCallback(() => setTesting(true), []);
  const acts = useActs({ here, setRoute, sendTest, toaster });
  const { onWish } = useDesktop();
  useEffect(() => onWish(sendTest), [onWish, sendTest]);

  const inSetup = here.page === "setup";
  const known = state.snapshot !== null;
  return (
    <WindowContext.Provider value={acts}>
      <div className={`${inSetup ? styles.setup : styles.window} ${known ? "" : styles.bare}`}>
        {!inSetup && <TopBar route={here} />}
        <Banners route={here} />
        {!inSetup && known && <Nav route={here} />}
        <Content route={here} />
      </div>
      {testing && known && <TestDialog onClose={() => setTesting(false)} />}
      {/* Above what stands at the foot of some pages. */}
      <Toaster toasterId={toaster} position="bottom-end" offset={{ vertical: 76, horizontal: 20 }} pauseOnHover pauseOnWindowBlur />
    </WindowContext.Provider>
  );
}

function Content({ route }: { route: Route }) {
  const { snapshot, link } = useEngineState();
  if (!snapshot) {
    return (
      <main className={styles.main} id="page">
        <EngineGone />
      </main>
    );
  }
  if (route.page === "setup") return <SetupPage />;
  return (
    <main className={`${styles.main} ${route.page === "queue" || route.page === "history" ? styles.full : ""}`} id="page" tabIndex={-1} key={route.page} data-stale={link === "connected" ? undefined : ""}>
      <OpenPage route={route} />
    </main>
  );
}

function OpenPage({ route }: { route: Exclude<Route, { page: "setup" }> }) {
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "queue":
      return <QueuePage open={route.open} text={route.text} key={`${route.open ?? ""} ${route.text ?? ""}`} />;
    case "history":
      return <HistoryPage open={route.open} text={route.text} key={`${route.open ?? ""} ${route.text ?? ""}`} />;
    case "devices":
      return <DevicesPage />;
    case "access":
      return <AccessPage part={route.part ?? "rules"} rule={route.rule} />;
    case "settings":
      return <SettingsPage part={route.part ?? "provider"} />;
  }
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
