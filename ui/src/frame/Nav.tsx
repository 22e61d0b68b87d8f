/**
 * The pages, with what waits in them.
 */
import { DataHistogram20Regular, History20Regular, MailInbox20Regular, Print20Regular, Settings20Regular, ShieldKeyhole20Regular } from "@fluentui/react-icons";
import type { ReactNode } from "react";

import { useEngineState } from "../live/provider";
import { devicesInNeed, needs } from "../live/state";
import { count, many } from "../words";
import { useWindow, type Route } from "../window";
import styles from "./frame.module.css";

interface Item {
  page: Exclude<Route["page"], "setup">;
  label: string;
  icon: ReactNode;
  badge?: { text: string; spoken: string } | undefined;
}

export function Nav({ route }: { route: Route }) {
  const { go } = useWindow();
  const { snapshot } = useEngineState();
  const waiting = snapshot?.counters.waiting ?? 0;
  const wanting = snapshot ? needs(snapshot) : 0;
  const devices = snapshot ? devicesInNeed(snapshot) : 0;
  const items: Item[] = [
    {
      page: "overview",
      label: "Overview",
      icon: <DataHistogram20Regular />,
      badge: wanting > 0 ? { text: count(wanting), spoken: many(wanting, "thing needs you", "things need you") } : undefined,
    },
    {
      page: "queue",
      label: "Queue",
      icon: <MailInbox20Regular />,
      badge: waiting > 0 ? { text: shortCount(waiting), spoken: `${many(waiting, "message is", "messages are")} waiting` } : undefined,
    },
    { page: "history", label: "History", icon: <History20Regular /> },
    {
      page: "devices",
      label: "Devices",
      icon: <Print20Regular />,
      badge: devices > 0 ? { text: count(devices), spoken: many(devices, "device needs you", "devices need you") } : undefined,
    },
    { page: "access", label: "Access", icon: <ShieldKeyhole20Regular /> },
    { page: "settings", label: "Settings", icon: <Settings20Regular /> },
  ];
  return (
    <nav className={styles.nav} aria-label="Pages">
      <ul>
        {items.map((item) => (
          <li key={item.page}>
            <button
              type="button"
              className={styles.item}
              aria-current={route.page === item.page ? "page" : undefined}
              onClick={() => go({ page: item.page })}
            >
              <span className={styles.itemIcon} aria-hidden="true">
                {item.icon}
              </span>
              <span className={styles.itemLabel}>{item.label}</span>
              {item.badge && (
                <>
                  <span className={`${styles.badge} ${item.page === "overview" || item.page === "devices" ? styles.badgeWarn : ""}`} aria-hidden="true">
                    {item.badge.text}
                  </span>
                  <span className="spoken">{item.badge.spoken}</span>
                </>
              )}
            </button>
          </li>
        ))}
      </ul>
      <div className={styles.navFoot}>{snapshot ? `Outtray ${snapshot.engine.version}` : "Outtray"}</div>
    </nav>
  );
}

function shortCount(n: number): string {
  return n < 10_000 ? count(n) : `${Math.floor(n / 1000)}k`;
}
