/**
 * The states a window can meet, each as a whole world to start from.
 */
import { CONTRACT, VERSION } from "../bridge";
import { allowing, listener } from "../make";
import { certificateShown } from "./certificate";
import { defaultSettings } from "./defaults";
import type {
  AccessRule,
  DeviceView,
  DkimFound,
  EntryView,
  HourView,
  LaneState,
  MachineView,
  PortView,
  Problem,
  ProbeStage,
  RecentView,
  RefusalView,
  RefusedClient,
  Settings,
  Snapshot,
  StoryStep,
  TakeOverView,
} from "../generated/control";
import { burst, everyRefusal, someDevices } from "./devices";
import type { FakeKey } from "./keys";
import { badPassword, greylisted, newEntry, noAnswer, noSuchUser, portTaken, seeded, type Random } from "./office";

export const scenarios = [
  "fresh",
  "fresh-ipv6",
  "flowing",
  "empty",
  "trouble",
  "unreachable",
  "paused",
  "flood",
  "refused-devices",
  "every-refusal",
  "several-lanes",
  "burst",
  "own-troubles",
  "lost-link",
  "as-service",
  "service-stopped",
  "starting",
  "failed",
  "old-version",
  "no-credential-store",
  "settings-broken",
  "port-taken",
  "firewall",
  "public-network",
  "iis",
  "iis-guest",
  "iis-closed",
  "iis-gone",
  "disk-full",
] as const;

export type Scenario = (typeof scenarios)[number];

export interface World {
  snapshot: Omit<Snapshot, "seq">;
  /** Oldest first. */
  queue: EntryView[];
  /** Settled messages, newest first. */
  settled: EntryView[];
  /** What persons did to a message. */
  extra: Map<string, StoryStep[]>;
  /** Messages that were sent again, because the answer to the first time was lost. */
  unanswered: Set<string>;
  /** The most recent first. */
  devices: DeviceView[];
  refusals: RefusalView[];
  machine: MachineView;
  windowsSmtp: TakeOverView;
  /** An administrator has read it, or the engine's account may. */
  iisIsRead: boolean;
  /** By the names of their secrets. */
  signingKeys: Map<string, FakeKey>;
  /** What the name servers say of every key. */
  publishedKey: DkimFound;
  probeFails: { stage: ProbeStage; problem: Problem } | null;
  random: Random;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;
const workload = [2, 1, 1, 0, 1, 3, 9, 22, 31, 27, 24, 19, 28, 30, 26, 18, 9, 4, 3, 2, 2, 1, 1, 1];

export function worldOf(scenario: Scenario, now: number): World {
  const world = withoutDevices(scenario, now);
  if (world.settled.length > 0) Object.assign(world, someDevices(now, world));
  if (scenario === "burst") burst(world, now);
  return world;
}

function withoutDevices(scenario: Scenario, now: number): World {
  const world = flowing(now);
  const { snapshot } = world;
  switch (scenario) {
    case "flowing":
    case "burst":
    case "lost-link":
    case "service-stopped":
    case "starting":
    case "failed":
      return world;
    case "fresh":
    case "fresh-ipv6":
    case "no-credential-store":
      unsetUp(world);
      if (scenario === "fresh-ipv6") {
        world.machine.networks.push(
          { network: "fd12:3456:789a:1::/64", address: "fd12:3456:789a:1:20c:29ff:fe8d:1", card: "Ethernet", addresses: null, private: true },
          { network: "2001:db8:20:1::/64", address: "2001:db8:20:1:20c:29ff:fe8d:1", card: "Ethernet", addresses: null, private: false },
        );
      }
      if (scenario === "no-credential-store") {
        snapshot.settings.store = { kind: "unavailable", said: "no Secret Service on the session bus" };
        snapshot.engine = { ...snapshot.engine, hostName: "relay-vm" };
      }
      return world;
    case "empty":
      forget(world, now);
      return world;
    case "trouble":
      wait(world, now, { kind: "throttled", problem: badPassword, since: now - 6 * MINUTE, nextTry: now + 4 * MINUTE + 10_000 }, badPassword);
      world.probeFails = { stage: "signIn", problem: badPassword };
      return world;
    case "unreachable":
      wait(world, now, { kind: "throttled", problem: noAnswer, since: now - 11 * MINUTE, nextTry: now + 52_000 }, noAnswer);
      world.probeFails = { stage: "connect", problem: noAnswer };
      return world;
    case "paused":
      wait(world, now, { kind: "ready" }, null);
      snapshot.paused = true;
      return world;
    case "flood":
      flood(world, now);
      return world;
    case "several-lanes":
      severalLanes(world, now);
      return world;
    case "refused-devices":
      snapshot.refused = refusedClients(now);
      snapshot.counters.refused = snapshot.refused.reduce((sum, client) => sum + client.count, 0);
      return world;
    case "every-refusal":
      snapshot.refused = everyRefusal(now);
      return world;
    case "own-troubles":
      snapshot.refused = [];
      snapshot.notices = ownTroubles;
      return world;
    case "old-version":
      snapshot.engine = { ...snapshot.engine, contract: 0, version: "0.0.9", embedded: false };
      return world;
    case "settings-broken": {
      const broken: Problem = {
        code: "settingsUnreadable",
        subject: snapshot.settings.path,
        said: "smartHost.port: invalid type: string \"587\", expected u16 at line 31 column 19",
      };
      snapshot.notices = [broken];
      snapshot.settings.problems = [
        { field: "smartHost.port", value: "\"587\"", wrong: "a number is expected here", remedy: "write 587 without quotation marks" },
        { field: "rules[1].network", value: "10.0.1.0/33", wrong: "there is no such subnet", remedy: "write 10.0.1.0/24" },
      ];
      return world;
    }
    case "port-taken": {
      const taken: PortView = { port: 25, state: "taken", holder: "inetinfo.exe, service SMTPSVC (process 1432)", letIn: true };
      world.machine.ports = world.machine.ports.map((port) => (port.port === taken.port ? taken : port));
      snapshot.listeners = snapshot.listeners.map((listener) => (listener.port === taken.port ? { ...listener, problem: portTaken(taken) } : listener));
      return world;
    }
    case "as-service":
      snapshot.engine = { ...snapshot.engine, embedded: false };
      return world;
    case "iis":
    case "iis-guest":
    case "iis-closed":
      unsetUp(world);
      world.windowsSmtp = {
        service: { kind: "installed", running: true, start: "automatic" },
        mayControl: scenario === "iis",
        taken: null,
        left: [{ folder: "queue", path: "C:\\inetpub\\mailroot\\Queue", messages: 2, unreadable: null }, ...(scenario === "iis-guest" ? [{ folder: "badmail" as const, path: "D:\\Badmail", messages: 0, unreadable: "Access is denied." }] : [])],
      };
      world.iisIsRead = scenario !== "iis-closed";
      return world;
    case "iis-gone":
      world.windowsSmtp = { service: { kind: "installed", running: false, start: "disabled" }, mayControl: true, taken: { at: now - 3 * 24 * HOUR, ports: [25], startBefore: "automatic", ranBefore: true }, left: [] };
      return world;
    case "firewall":
      world.machine.ports = world.machine.ports.map((port) => ({ ...port, letIn: port.port === 25 ? false : port.letIn }));
      world.machine.firewall.command = '"C:\\Program Files\\Outtray\\outtrayd.exe" firewall open --ports 25 --networks LocalSubnet,10.0.0.0/16';
      world.machine.firewall.opening = { ports: [25], networks: ["LocalSubnet", "10.0.0.0/16"] };
      return world;
    case "public-network":
      world.machine.ports = world.machine.ports.map((port) => ({ ...port, letIn: false }));
      world.machine.firewall.publicNetwork = true;
      return world;
    case "disk-full":
      snapshot.notices = [{ code: "diskFull", subject: "C:\\ProgramData\\Outtray", said: "148 MB free, 200 MB wanted" }];
      snapshot.refused = refusedClients(now).slice(1, 2).map((client) => ({ ...client, why: "diskFull", lastReply: "452 4.3.1 Insufficient system storage" }));
      return world;
  }
}

const ownTroubles: Problem[] = [
  { code: "passwordsGuessed", subject: "198.51.100.7", said: "10 wrong passwords; its sign-in is refused for 15 minutes" },
  { code: "pickupFailed", subject: "C:\\inetpub\\mailroot\\Pickup", said: "Access is denied. (os error 5)" },
  { code: "certificateFileUnusable", subject: "C:\\certs\\relay.pfx", said: "the password does not open the file; wanted: the password it was exported with: give it with the settings, or `outtrayd secret set certificate`" },
  { code: "appSecretEnds", subject: "relay@northwind.example", said: "it ends on 2026-12-09, in 12 days" },
  { code: "messageUnreadable", subject: "2", said: "The system cannot find the file specified. (os error 2)" },
  { code: "burstHeld", subject: "account:branch", said: "140 recipients in this hour, and 120 would not be too many" },
];

function flowing(now: number): World {
  const random = seeded(20261123);
  const settled: EntryView[] = [];
  for (let at = now - 40_000, n = 0; n < 900; n++) {
    const roll = random();
    settled.push(
      roll < 0.012
        ? newEntry(random, at, "bounced", { firstRecipient: "guard@fabrikam.example", problem: noSuchUser })
        : roll < 0.016
          ? newEntry(random, at, "expired", { attempts: 31, settledAt: at + 5 * 24 * HOUR, problem: greylisted })
          : newEntry(random, at, "sent"),
    );
    at -= 30_000 + random() * 900_000;
  }
  const queue = [
    newEntry(random, now - 14 * MINUTE, "deferred", { attempts: 2, nextAttempt: now + 3 * MINUTE, problem: greylisted, recipients: 1, unsettled: 1 }),
    newEntry(random, now - 5 * MINUTE, "held", { recipients: 1, unsettled: 1 }),
    newEntry(random, now - 8_000, "queued", { recipients: 1, unsettled: 1 }),
  ];
  const settings = officeSettings();
  return {
    random,
    queue,
    settled,
    extra: new Map(),
    unanswered: new Set(),
    probeFails: null,
    devices: [],
    refusals: [],
    windowsSmtp: { service: { kind: "notInstalled" }, mayControl: false, taken: null, left: [] },
    iisIsRead: true,
    signingKeys: new Map(),
    publishedKey: { kind: "notFound" },
    machine: {
      hostName: "srv-office",
      os: "Windows Server 2025 Standard 24H2 (build 26100)",
      domain: "office.example",
      networks: [
        { network: "10.0.0.0/24", address: "10.0.0.2", card: "Ethernet", addresses: 256, private: true },
        { network: "10.0.1.0/24", address: "10.0.1.2", card: "Ethernet 2", addresses: 256, private: true },
      ],
      ports: [
        { port: 25, state: "ours", holder: null, letIn: true },
        { port: 587, state: "ours", holder: null, letIn: true },
        { port: 465, state: "free", holder: null, letIn: false },
        { port: 2525, state: "free", holder: null, letIn: false },
      ],
      firewall: { state: "on", name: "Windows Defender Firewall", command: null, opening: null, publicNetwork: false },
    },
    snapshot: {
      engine: { version: VERSION, contract: CONTRACT, hostName: "srv-office", startedAt: now - 9 * 24 * HOUR, dataFolder: "C:\\ProgramData\\Outtray", embedded: true, processId: 4120 },
      lane: { provider: "microsoft365", server: "smtp.office365.com", port: 587, state: { kind: "ready" }, connections: 0, lastSuccessAt: now - 42_000, pace: { recipientsToday: 214, recipientsPerDay: 10_000, waitsUntil: null, slowed: false }, name: "default", paused: false, waiting: 0, failedOver: false },
      otherLanes: [],
      paused: false,
      counters: { waiting: queue.length, deferred: 1, held: 1, oldestAt: queue[0]?.acceptedAt ?? null, accepted: 214, sent: 211, failed: 1, refused: 4, sentAgain: 0, sessions: 1 },
      hours: hours(now, workload),
      listeners: settings.listeners.map((listener) => ({ ...listener, problem: null })),
      refused: refusedClients(now).slice(0, 1),
      recent: recentOf(settled),
      notices: [],
      settings: {
        settings,
        path: "C:\\ProgramData\\Outtray\\settings.json",
        problems: [],
        secrets: [{ name: "smart-host", isSet: true, untilRestart: false }],
        store: { kind: "windowsCredentialManager" },
        accounts: [{ name: "branch", hasPassword: true, lastUsedAt: now - 3 * HOUR }],
        signIn: null,
        otherSignIns: [],
        certificate: certificateShown(settings),
      },
    },
  };
}

function officeSettings(): Settings {
  const rules: AccessRule[] = [
    { ...allowing("10.0.1.5", "Door system"), priority: "high" },
    { ...allowing("10.0.0.0/26", "Office"), senders: ["northwind.example"] },
  ];
  return {
    ...defaultSettings(),
    rules,
    accounts: [{ name: "branch", note: "Branch office scanner", enabled: true, senders: ["branch@northwind.example"] }],
    listeners: [
      listener("0.0.0.0", 25, "starttls"),
      listener("0.0.0.0", 587, "starttls"),
    ],
    smartHost: {
      provider: "microsoft365",
      server: "smtp.office365.com",
      port: 587,
      encryption: "starttls",
      signIn: { kind: "password", user: "relay@northwind.example" },
      extraCaFile: null,
      parallelConnections: 3,
    pace: { messagesPerMinute: null, recipientsPerDay: null, recipientsPerMessage: null },
    protocol: { kind: "smtp" },
    largestMessage: 36_700_160,
    nullSender: { kind: "account" },
      messagesPerConnection: 30,
      timeouts: { connectSeconds: 30, tlsSeconds: 30, commandSeconds: 300, dataBlockSeconds: 180, dataEndSeconds: 600, idleSeconds: 10 },
      rewriting: null,
    },
  };
}

function unsetUp(world: World) {
  const { snapshot, machine } = world;
  forget(world, Date.now());
  snapshot.settings = { ...snapshot.settings, settings: defaultSettings(), secrets: [], certificate: null };
  snapshot.lane = { provider: "", server: "", port: 0, state: { kind: "notSetUp" }, connections: 0, lastSuccessAt: null, pace: { recipientsToday: 0, recipientsPerDay: null, waitsUntil: null, slowed: false }, name: "default", paused: false, waiting: 0, failedOver: false };
  snapshot.otherLanes = [];
  snapshot.listeners = [];
  machine.ports = [
    { port: 25, state: "taken", holder: "inetinfo.exe, service SMTPSVC (process 1432)", letIn: true },
    { port: 587, state: "free", holder: null, letIn: true },
    { port: 465, state: "free", holder: null, letIn: true },
    { port: 2525, state: "free", holder: null, letIn: true },
  ];
}

function forget(world: World, now: number) {
  const { snapshot } = world;
  world.queue = [];
  world.settled = [];
  snapshot.refused = [];
  snapshot.recent = [];
  snapshot.hours = hours(now, Array<number>(24).fill(0));
  snapshot.counters = { waiting: 0, deferred: 0, held: 0, oldestAt: null, accepted: 0, sent: 0, failed: 0, refused: 0, sentAgain: 0, sessions: 0 };
  snapshot.lane = { ...snapshot.lane, lastSuccessAt: null };
}

function wait(world: World, now: number, state: LaneState, problem: Problem | null) {
  const { random, snapshot } = world;
  world.queue = Array.from({ length: 12 }, (_, at) => {
    const age = (12 - at) * 38_000 + 30_000;
    if (at === 4) return newEntry(random, now - age, "held");
    return problem && at < 7
      ? newEntry(random, now - age, "deferred", { attempts: 1, nextAttempt: state.kind === "throttled" ? state.nextTry : null, problem })
      : newEntry(random, now - age, "queued");
  });
  snapshot.lane = { ...snapshot.lane, state, lastSuccessAt: now - 9 * MINUTE };
  const count = (which: EntryView["state"]) => world.queue.filter((entry) => entry.state === which).length;
  snapshot.counters = { ...snapshot.counters, waiting: 12, deferred: count("deferred"), held: count("held"), oldestAt: world.queue[0]?.acceptedAt ?? null, sent: 202 };
}

/** Alarms and invoices take a way of their own; one message was sent twice. */
function severalLanes(world: World, now: number) {
  const { snapshot } = world;
  const { settings } = snapshot.settings;
  if (!settings.smartHost) return;
  const smartHost = { ...settings.smartHost, provider: "sendgrid", server: "smtp.sendgrid.net", signIn: { kind: "password" as const, user: "apikey" } };
  settings.otherSmartHosts = [
    { name: "Invoices", smartHost },
    { name: "Alarm backup of the night watch", smartHost: { ...smartHost, provider: "other", server: "mail.fabrikam.example" } },
  ];
  wait(world, now, { kind: "ready" }, greylisted);
  snapshot.otherLanes = settings.otherSmartHosts.map(({ name, smartHost: { provider, server, port } }) => ({
    ...snapshot.lane,
    name,
    provider,
    server,
    port,
    pace: { recipientsToday: 40, recipientsPerDay: null, waitsUntil: null, slowed: false },
  }));
  const laneOf = (entry: EntryView) => (entry.clientName === "ERP" ? "Invoices" : entry.clientName === "Door system" ? "Alarm backup of the night watch" : "default");
  world.queue = world.queue.map((entry, at) => ({
    ...entry,
    lane: entry.lane === null ? null : laneOf(entry),
    waitsFor: at === 2 ? ["default", "Invoices"] : [laneOf(entry)],
  }));
  for (const lane of [snapshot.lane, ...snapshot.otherLanes]) lane.waiting = world.queue.filter((entry) => entry.waitsFor.includes(lane.name)).length;
  world.settled = world.settled.map((entry) => ({ ...entry, lane: laneOf(entry) }));
  const twice = world.settled.find((entry) => entry.state === "sent");
  if (twice) {
    Object.assign(twice, { attempts: 2, settledAt: twice.acceptedAt + 302_000 });
    world.unanswered.add(twice.id);
  }
  snapshot.counters = { ...snapshot.counters, sentAgain: 1 };
}

function flood(world: World, now: number) {
  const { random, snapshot } = world;
  const total = 100_000;
  world.queue = Array.from({ length: total }, (_, at) => newEntry(random, now - (total - at) * 90, at % 700 === 3 ? "held" : at < 400 ? "deferred" : "queued"));
  snapshot.lane = { ...snapshot.lane, state: { kind: "sending" }, connections: 3 };
  snapshot.counters = { ...snapshot.counters, waiting: total, deferred: 399, held: 143, oldestAt: world.queue[0]?.acceptedAt ?? null, accepted: 131_402, sent: 31_388 };
  snapshot.hours = hours(now, [...workload.slice(0, 21), 4100, 27_300, 99_800]);
}

function hours(now: number, load: readonly number[]): HourView[] {
  const from = now - (now % HOUR) - 23 * HOUR;
  return load.map((accepted, at) => ({
    from: from + at * HOUR,
    accepted,
    sent: Math.max(0, accepted - (at === 9 || at === 23 ? 1 : 0)),
    failed: at === 9 && accepted > 0 ? 1 : 0,
    refused: at === 14 && accepted > 0 ? 4 : 0,
  }));
}

function recentOf(settled: readonly EntryView[]): RecentView[] {
  return settled.slice(0, 9).map((entry) => ({
    at: entry.settledAt ?? entry.acceptedAt,
    message: entry.id,
    sender: entry.sender,
    recipient: entry.firstRecipient,
    client: entry.clientName,
    state: entry.state,
    tookMs: (entry.settledAt ?? entry.acceptedAt) - entry.acceptedAt,
  }));
}

function refusedClients(now: number): RefusedClient[] {
  const base = { firstAt: now - 50 * MINUTE, lastRecipient: "anna.berg@northwind.example", why: "notAllowed" } as const;
  return [
    { ...base, address: "10.0.0.77", clientName: "HP LaserJet M428", count: 4, lastAt: now - 3 * MINUTE, lastSender: "scanner@northwind.example", lastReply: "550 5.7.1 Relaying denied: 10.0.0.77 is not in an allowed network", network: "10.0.0.0/24" },
    { ...base, address: "10.0.1.30", clientName: "", count: 1, lastAt: now - 11 * MINUTE, lastSender: "camera@northwind.example", lastReply: "550 5.7.1 Relaying denied: 10.0.1.30 is not in an allowed network", network: "10.0.1.0/24" },
    { ...base, address: "203.0.113.9", clientName: "scan.invalid", count: 61, lastAt: now - 19 * MINUTE, lastSender: "test@scan.invalid", lastRecipient: "probe@mail.invalid", lastReply: "550 5.7.1 Relaying denied: 203.0.113.9 is not in an allowed network", network: null },
    { ...base, address: "10.0.0.44", clientName: "Reception scanner", count: 2, lastAt: now - 31 * MINUTE, lastSender: "scanner@northwind.example", lastReply: "552 5.3.4 Message size exceeds the limit of 25000000 bytes", why: "tooLarge", network: "10.0.0.0/24" },
  ];
}
