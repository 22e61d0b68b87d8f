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
    pickup: null,
    rules: [],
    accounts: [],
    lists: { ownDomains: [], allowedSenders: [], deniedSenders: [], allowedRecipients: [], deniedRecipients: [] },
    attachments: { refuse: true, extensions: ["bat", "cmd", "com", "exe", "js", "lnk", "msi", "ps1", "scr", "vbs"], programsByContent: true },
    headers: [],
    bursts: { hold: true, timesTheUsual: 5, leastPerHour: 100, mostPerHour: 2000 },
    smartHost: null,
    otherSmartHosts: [],
    routes: [],
    defaultRoute: [],
    limits: {
      messageBytes: 25_000_000,
      recipients: 1000,
      connections: 500,
      connectionsPerClient: 100,
      connectionsPerSubnet: 250,
      idleSeconds: 300,
      commandSeconds: 300,
      sessionSeconds: 14_400,
      commands: 100_000,
      errors: 20,
      tlsSeconds: 30,
      signInFailures: 10,
      signInPauseSeconds: 900,
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
      failoverAfterSeconds: 120,
    },
    history: { keepDays: 90 },
    logLevel: "info",
  };
}
