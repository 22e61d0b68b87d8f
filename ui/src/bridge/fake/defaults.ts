/**
 * The settings an engine starts with before its setup.
 */
import type { Settings } from "../generated/control";

export function defaultSettings(): Settings {
  return {
    version: 1,
    hostName: "",
    listeners: [],
    certificate: { kind: "selfSigned" },
    allowed: [],
    smartHost: null,
    limits: {
      messageBytes: 25_000_000,
      recipients: 1000,
      connections: 500,
      connectionsPerClient: 100,
      idleSeconds: 300,
      commandSeconds: 300,
      tlsSeconds: 30,
      hops: 50,
      freeDiskBytes: 200_000_000,
    },
    delivery: {
      firstRetrySeconds: 300,
      longestRetrySeconds: 14_400,
      lifetimeSeconds: 432_000,
      delayNoticeSeconds: 14_400,
      firstRestSeconds: 15,
      longestRestSeconds: 900,
    },
    history: { keepDays: 90 },
    logLevel: "info",
  };
}
