/**
 * Chooses the bridge and draws the window.
 *
 * The fake engine is reachable in development (`?fake=flowing`) and in the test bundle only;
 * a production build drops it, since the condition below is then a constant.
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import type { Bridge } from "./bridge/bridge";
import { tauriBridge } from "./bridge/tauri";
import "./base.css";

async function chooseBridge(): Promise<Bridge> {
  if (import.meta.env.MODE === "fake" || import.meta.env.DEV) {
    const scenario = new URLSearchParams(location.search).get("fake");
    if (import.meta.env.MODE === "fake" || scenario !== null) {
      const { fakeBridge } = await import("./bridge/fake/fake");
      return fakeBridge(scenario ?? "flowing");
    }
  }
  return tauriBridge();
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

void chooseBridge().then((bridge) => {
  createRoot(root).render(
    <StrictMode>
      <App bridge={bridge} />
    </StrictMode>,
  );
});
