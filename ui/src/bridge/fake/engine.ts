/**
 * An engine played in memory: answers every request of the contract and tells facts with numbers.
 */
import type { Answer, EntryFilter, EntryView, Fact, LaneAct, NewSecret, Problem, ProbeStage, ProbeStep, RecentView, Request, SecretView, Selection, SettingsView, SignInView, StoryKind } from "../generated/control";
import { certificateShown } from "./certificate";
import { checkSettings } from "./check";
import { decide, found } from "./devices";
import { CLOSED, importOf, noImport } from "./iis";
import { badPassword, newEntry, portTaken } from "./office";
import { matches } from "./search";
import { badKeyName, keyName, keyView } from "./keys";
import { rewritten } from "./senders";
import { headerOf, storyOf } from "./story";
import type { World } from "./scenarios";

const STAGES: ProbeStage[] = ["name", "connect", "encrypt", "greet", "signIn", "sender"];
const DONE: Answer = { kind: "done" };
const SIGNED_OUT: SignInView = { account: null, signedIn: false, tokenUntil: null, since: null, untilRestart: false, problem: null, waiting: null };

export class FakeEngine {
  seq = 41;

  constructor(
    readonly world: World,
    private readonly tell: (seq: number, fact: Fact) => void,
    /** Length of one step of a play, in milliseconds. */
    private readonly pace: number,
  ) {}

  say(fact: Fact) {
    this.seq += 1;
    this.tell(this.seq, fact);
  }

  async answer(request: Request): Promise<Answer> {
    const { world } = this;
    const { snapshot } = world;
    switch (request.ask) {
      case "subscribe":
        return DONE;
      case "snapshot":
        return { kind: "snapshot", snapshot: structuredClone({ ...snapshot, seq: this.seq }) };
      case "queue":
        return this.page(world.queue, request.filter, request.offset, request.limit);
      case "history":
        return this.page(this.history(), request.filter, request.offset, request.limit);
      case "story": {
        const entry = this.find(request.id);
        return entry
          ? { kind: "story", story: structuredClone(storyOf(entry, world.extra.get(entry.id) ?? [], [snapshot.lane, ...snapshot.otherLanes].find(({ name }) => name === entry.lane)?.server ?? snapshot.lane.server, world.unanswered.has(entry.id))) }
          : { kind: "refused", refused: { why: "noSuchMessage" } };
      }
      case "content": {
        const entry = this.find(request.id);
        if (!entry) return { kind: "refused", refused: { why: "noSuchMessage" } };
        if (entry.settledAt !== null) return { kind: "refused", refused: { why: "contentGone" } };
        const text = `${headerOf(entry)}\r\n\r\nScan attached.\r\n`;
        return { kind: "content", base64: request.offset === 0 ? btoa(text) : "", total: text.length };
      }
      case "retry":
        return this.act(request.which, (entry) => (entry.state === "held" ? null : { ...entry, state: entry.attempts > 0 ? "deferred" : "queued", nextAttempt: Date.now() }), { kind: "triedNow" });
      case "hold":
        return this.act(request.which, (entry) => (entry.state === "held" ? null : { ...entry, state: "held", nextAttempt: null }), { kind: "held" });
      case "release":
        return this.act(request.which, (entry) => (entry.state === "held" ? { ...entry, state: "queued", nextAttempt: Date.now(), held: null } : null), { kind: "released" });
      case "delete":
        return this.remove(request.which);
      case "pause":
      case "resume":
        snapshot.paused = request.ask === "pause";
        this.say({ kind: "pausedChanged", paused: snapshot.paused });
        return DONE;
      case "tryLane":
        if (snapshot.lane.state.kind === "throttled") this.setLane({ ...snapshot.lane.state, since: snapshot.lane.state.since, nextTry: Date.now() + 60_000 });
        return DONE;
      case "tryListeners":
        this.tryListeners();
        return DONE;
      case "settings":
        return this.settings();
      case "checkSettings":
        return { kind: "problems", problems: checkSettings(request.settings) };
      case "applySettings": {
        const problems = checkSettings(request.settings);
        if (problems.length > 0) return { kind: "problems", problems };
        const secrets = this.secretsWith(request.secret);
        if (!Array.isArray(secrets)) return secrets;
        this.apply({ ...snapshot.settings, settings: structuredClone(request.settings), problems: [], secrets });
        return this.settings();
      }
      case "reloadSettings":
        return snapshot.settings.problems.length > 0 ? { kind: "problems", problems: snapshot.settings.problems } : this.settings();
      case "setSecret": {
        const secrets = this.secretsWith(request);
        if (!Array.isArray(secrets)) return secrets;
        this.apply({ ...snapshot.settings, secrets });
        return this.settings();
      }
      case "removeSecret":
      case "removeAllSecrets":
        this.apply({ ...snapshot.settings, secrets: [] });
        return this.settings();
      case "setAccountPassword": {
        const { accounts } = snapshot.settings;
        this.apply({ ...snapshot.settings, accounts: [...accounts.filter((each) => each.name !== request.account), { name: request.account, hasPassword: true, lastUsedAt: null }] });
        return this.settings();
      }
      case "removeAccountPassword": {
        const { accounts } = snapshot.settings;
        this.apply({ ...snapshot.settings, accounts: accounts.map((each) => (each.name === request.account ? { ...each, hasPassword: false } : each)) });
        return this.settings();
      }
      case "mayISend":
        return { kind: "decision", decision: decide(request.question, request.settings ?? snapshot.settings.settings) };
      case "senderBecomes": {
        const problems = checkSettings({ ...snapshot.settings.settings, smartHost: request.smartHost }).filter((problem) => problem.field.startsWith("smartHost.rewriting"));
        return problems.length > 0 ? { kind: "problems", problems } : { kind: "rewritten", rewritten: rewritten(request.smartHost, request.from) };
      }
      case "dkimKey":
        return badKeyName(request) ?? { kind: "dkimKey", key: keyView(request, world.signingKeys.get(keyName(request))) };
      case "newDkimKey": {
        const wrong = badKeyName(request);
        if (wrong) return wrong;
        const { store } = snapshot.settings;
        if (store.kind === "unavailable" && !request.untilRestart) return { kind: "refused", refused: { why: "trouble", problem: { code: "secretStoreUnavailable", said: store.said } } };
        world.signingKeys.set(keyName(request), { algorithm: request.algorithm, untilRestart: request.untilRestart });
        return { kind: "dkimKey", key: keyView(request, world.signingKeys.get(keyName(request))) };
      }
      case "lookUpDkimKey":
        await pause(this.pace);
        return { kind: "dkimFound", found: structuredClone(world.publishedKey) };
      case "devices":
        return { kind: "devices", devices: structuredClone(world.devices) };
      case "refusals":
        return found(world.refusals, request.text, request.offset, request.limit);
      case "endBurst":
        return this.endBurst(request.address, request.release);
      case "machine":
        return { kind: "machine", machine: structuredClone(world.machine) };
      case "lookOutside":
        return { kind: "outside", outside: { seen: { kind: "at", address: "203.0.113.7" }, clock: { kind: "behind", millis: 184_000, server: "time.windows.com" } } };
      case "probe":
        return { kind: "probed", steps: await this.probe(request) };
      case "beginSignIn":
        return this.beginSignIn(request.smartHost);
      case "cancelSignIn":
        return this.signInNow({ waiting: null });
      case "signOut":
        return this.signInNow({ ...SIGNED_OUT });
      case "sendTest":
        return this.sendTest(request.sender, request.recipient);
      case "importLook": {
        const broken = request.metabase !== null && !atob(request.metabase.base64).includes("IIsSmtpServer");
        if (broken) return { kind: "import", found: { ...noImport(world.windowsSmtp), troubles: ["This file has no SMTP virtual server. It should be %windir%\\System32\\inetsrv\\MetaBase.xml of the server that has the SMTP service."] } };
        if (request.metabase === null && !world.iisIsRead) return { kind: "import", found: { ...noImport(world.windowsSmtp), troubles: [CLOSED] } };
        const there = request.metabase !== null || world.windowsSmtp.service.kind === "installed";
        return { kind: "import", found: there ? importOf(world.windowsSmtp, request.metabase?.name ?? null) : noImport(world.windowsSmtp) };
      }
      case "importRead":
        world.iisIsRead ||= request.keep;
        return { kind: "import", found: importOf(world.windowsSmtp, null) };
      case "lane":
        return this.laneAct(request.lane, request.act);
      case "takeOverState":
        return { kind: "takeOver", state: structuredClone(world.windowsSmtp) };
      case "takeOver": {
        const ports = request.settings.listeners.map((listener) => listener.port);
        world.machine.ports = world.machine.ports.map((port) => (ports.includes(port.port) ? { ...port, state: "free", holder: null } : port));
        const problems = checkSettings(request.settings);
        if (problems.length > 0) return { kind: "problems", problems };
        const secrets = this.secretsWith(request.secret);
        if (!Array.isArray(secrets)) return secrets;
        world.windowsSmtp = { ...world.windowsSmtp, service: { kind: "installed", running: false, start: "disabled" }, taken: { at: Date.now(), ports, startBefore: "automatic", ranBefore: true } };
        this.apply({ ...snapshot.settings, settings: structuredClone(request.settings), problems: [], secrets });
        return { kind: "takeOver", state: structuredClone(world.windowsSmtp) };
      }
      case "takeOverBack":
        world.windowsSmtp = { ...world.windowsSmtp, service: { kind: "installed", running: true, start: "automatic" }, taken: null };
        return { kind: "takeOver", state: structuredClone(world.windowsSmtp) };
      case "forgetRefused":
        snapshot.refused = snapshot.refused.filter((client) => client.address !== request.address);
        return DONE;
    }
  }

  /** The secrets with this one among them; or why it cannot be kept. */
  private secretsWith(secret: Omit<NewSecret, "secret"> | undefined): SecretView[] | Answer {
    const { store, secrets } = this.world.snapshot.settings;
    if (!secret) return secrets;
    if (store.kind === "unavailable" && !secret.untilRestart) {
      return { kind: "refused", refused: { why: "trouble", problem: { code: "secretStoreUnavailable", said: store.said } } };
    }
    this.world.probeFails = null;
    return [{ name: secret.name, isSet: true, untilRestart: secret.untilRestart }];
  }

  /** A message comes in from a device. */
  accept(more: Partial<EntryView> = {}): EntryView {
    const entry = newEntry(this.world.random, Date.now(), "queued", more);
    this.world.queue.push(entry);
    this.say({ kind: "queueChanged", entries: [entry] });
    this.count({ accepted: 1 });
    return entry;
  }

  /** A message leaves the queue. */
  settle(id: string, state: EntryView["state"], problem: Problem | null = null) {
    const before = this.world.queue.find((entry) => entry.id === id);
    if (!before) return;
    const entry: EntryView = { ...before, state, problem, unsettled: 0, attempts: before.attempts + 1, nextAttempt: null, settledAt: Date.now(), lane: before.waitsFor[0] ?? "default", waitsFor: [] };
    this.world.queue = this.world.queue.filter((other) => other.id !== id);
    this.world.settled.unshift(entry);
    this.say({ kind: "queueLeft", entries: [entry] });
    const line: RecentView = { at: Date.now(), message: id, sender: entry.sender, recipient: entry.firstRecipient, client: entry.clientName, state, tookMs: Date.now() - entry.acceptedAt };
    this.world.snapshot.recent = [line, ...this.world.snapshot.recent].slice(0, 20);
    this.say({ kind: "recent", lines: [line] });
    this.world.snapshot.lane.lastSuccessAt = state === "sent" ? Date.now() : this.world.snapshot.lane.lastSuccessAt;
    this.count(state === "sent" ? { sent: 1 } : { failed: 1 });
  }

  change(id: string, change: Partial<EntryView>) {
    const at = this.world.queue.findIndex((entry) => entry.id === id);
    const before = this.world.queue[at];
    if (!before) return;
    const entry = { ...before, ...change };
    this.world.queue[at] = entry;
    this.say({ kind: "queueChanged", entries: [entry] });
    this.count({});
  }

  setLane(state: World["snapshot"]["lane"]["state"]) {
    const { snapshot } = this.world;
    snapshot.lane = { ...snapshot.lane, state, connections: state.kind === "sending" ? 1 : 0 };
    this.say({ kind: "laneChanged", lane: snapshot.lane });
  }

  private laneAct(name: string, act: LaneAct): Answer {
    const { snapshot } = this.world;
    const lane = [snapshot.lane, ...snapshot.otherLanes].find((each) => each.name === name);
    if (!lane) return { kind: "refused", refused: { why: "badValue", field: "lane", said: "there is no such smart host" } };
    if (act === "pause" || act === "resume") lane.paused = act === "pause";
    if (act === "tryNow") lane.state = { kind: "ready" };
    if (act === "cancelSignIn" || act === "signOut") return this.settings();
    snapshot.lane = { ...snapshot.lane };
    this.say({ kind: "laneChanged", lane: snapshot.lane });
    this.say({ kind: "otherLanesChanged", lanes: structuredClone(snapshot.otherLanes) });
    return DONE;
  }

  private page(entries: readonly EntryView[], filter: EntryFilter, offset: number, limit: number): Answer {
    const found = filter.text === "" && filter.states.length === 0 && filter.lane === null ? entries : entries.filter(matches(filter));
    return { kind: "page", page: { entries: structuredClone(found.slice(offset, offset + limit)), total: found.length, seq: this.seq } };
  }

  /** Newest first; a flood is not sorted for each page, it is newer than what is settled anyway. */
  private history(): EntryView[] {
    const { queue, settled } = this.world;
    const all = [...queue.toReversed(), ...settled];
    return queue.length > 1000 ? all : all.sort((a, b) => b.acceptedAt - a.acceptedAt);
  }

  private find(id: string): EntryView | undefined {
    return this.world.queue.find((entry) => entry.id === id) ?? this.world.settled.find((entry) => entry.id === id);
  }

  private settings(): Answer {
    return { kind: "settings", settings: structuredClone(this.world.snapshot.settings) };
  }

  private apply(view: SettingsView) {
    const { snapshot, machine } = this.world;
    snapshot.settings = { ...view, certificate: certificateShown(view.settings) };
    const { smartHost, otherSmartHosts, listeners } = view.settings;
    snapshot.otherLanes = otherSmartHosts.map(({ name, smartHost: other }) => {
      const known = snapshot.otherLanes.find((lane) => lane.name === name) ?? { ...snapshot.lane, state: { kind: "ready" }, connections: 0, lastSuccessAt: null, paused: false, waiting: 0, failedOver: false };
      return { ...known, name, provider: other.provider, server: other.server, port: other.port, pace: { ...known.pace, recipientsToday: 0, recipientsPerDay: other.pace.recipientsPerDay } };
    });
    if (smartHost) snapshot.lane = { ...snapshot.lane, provider: smartHost.provider, server: smartHost.server, port: smartHost.port, state: { kind: "ready" } };
    snapshot.listeners = listeners.map((listener) => ({ ...listener, problem: this.heldBy(listener.port) }));
    machine.ports = machine.ports.map((port) => (port.state !== "taken" && listeners.some((listener) => listener.port === port.port) ? { ...port, state: "ours", holder: null } : port.state === "ours" ? { ...port, state: "free" } : port));
    this.say({ kind: "settingsChanged", settings: snapshot.settings, engine: snapshot.engine });
    this.say({ kind: "laneChanged", lane: snapshot.lane });
    this.say({ kind: "otherLanesChanged", lanes: snapshot.otherLanes });
    this.say({ kind: "listenersChanged", listeners: snapshot.listeners });
  }

  /** What the machine says of each port decides. */
  private tryListeners() {
    const { snapshot } = this.world;
    snapshot.listeners = snapshot.listeners.map((listener) => (listener.problem ? { ...listener, problem: this.heldBy(listener.port) } : listener));
    this.say({ kind: "listenersChanged", listeners: snapshot.listeners });
  }

  private heldBy(port: number): Problem | null {
    const view = this.world.machine.ports.find((each) => each.port === port);
    return view?.state === "taken" ? portTaken(view) : null;
  }

  private chosen(which: Selection): EntryView[] {
    if (which.kind === "ids") return this.world.queue.filter((entry) => which.ids.includes(entry.id));
    const fits = matches(which.filter);
    return this.world.queue.filter((entry) => entry.acceptedAt <= which.acceptedUntil && fits(entry));
  }

  private endBurst(address: string, release: boolean): Answer {
    const { world } = this;
    const ids = world.queue.filter((entry) => entry.client === address && entry.held?.kind === "burst").map((entry) => entry.id);
    world.devices = world.devices.map((device) => (device.address === address ? { ...device, busiestHour: device.recipientsThisHour } : device));
    const answer = release
      ? this.act({ kind: "ids", ids }, (entry) => ({ ...entry, state: "queued", nextAttempt: Date.now(), held: null }), { kind: "released" })
      : this.act({ kind: "ids", ids }, (entry) => ({ ...entry, held: { kind: "person" } }), { kind: "held" });
    this.lookForBursts();
    return answer;
  }

  /** What is held as a burst says whose notices there are, and how much of each device. */
  private lookForBursts() {
    const { world } = this;
    const held = (address: string) => world.queue.filter((entry) => entry.client === address && entry.held?.kind === "burst").length;
    world.devices = world.devices.map((device) => ({ ...device, held: held(device.address) }));
    const { notices } = world.snapshot;
    world.snapshot.notices = notices.filter((notice) => notice.code !== "burstHeld" || held(notice.subject ?? "") > 0);
    if (world.snapshot.notices.length !== notices.length) this.say({ kind: "noticesChanged", notices: world.snapshot.notices });
  }

  private act(which: Selection, change: (entry: EntryView) => EntryView | null, what: StoryKind): Answer {
    const changed: EntryView[] = [];
    for (const entry of this.chosen(which)) {
      const next = change(entry);
      if (!next) continue;
      changed.push(next);
      this.world.extra.set(entry.id, [...(this.world.extra.get(entry.id) ?? []), { at: Date.now(), what, lane: null }]);
    }
    const byId = new Map(changed.map((entry) => [entry.id, entry]));
    this.world.queue = this.world.queue.map((entry) => byId.get(entry.id) ?? entry);
    this.sayMany("queueChanged", changed);
    this.count({});
    return { kind: "count", count: changed.length };
  }

  private remove(which: Selection): Answer {
    const gone = new Set(this.chosen(which).map((entry) => entry.id));
    const left = this.world.queue
      .filter((entry) => gone.has(entry.id))
      .map((entry): EntryView => ({ ...entry, state: "deleted", unsettled: 0, nextAttempt: null, settledAt: Date.now() }));
    this.world.queue = this.world.queue.filter((entry) => !gone.has(entry.id));
    this.world.settled = [...left.toReversed(), ...this.world.settled];
    this.sayMany("queueLeft", left);
    this.lookForBursts();
    this.count({});
    return { kind: "count", count: left.length };
  }

  private sayMany(kind: "queueChanged" | "queueLeft", entries: EntryView[]) {
    if (entries.length > 1000) this.say({ kind: "lagged" });
    else if (entries.length > 0) this.say({ kind, entries });
  }

  private count(more: { accepted?: number; sent?: number; failed?: number }) {
    const { queue, snapshot } = this.world;
    const before = snapshot.counters;
    snapshot.counters = {
      ...before,
      waiting: queue.length,
      deferred: queue.filter((entry) => entry.state === "deferred").length,
      held: queue.filter((entry) => entry.state === "held").length,
      oldestAt: queue[0]?.acceptedAt ?? null,
      accepted: before.accepted + (more.accepted ?? 0),
      sent: before.sent + (more.sent ?? 0),
      failed: before.failed + (more.failed ?? 0),
    };
    this.say({ kind: "countersChanged", counters: snapshot.counters });
  }

  private async probe({ probe, smartHost, secret, sender }: Extract<Request, { ask: "probe" }>) {
    const found: Record<ProbeStage, string> = {
      name: `${smartHost.server} → 52.98.171.226, 52.98.171.242, 2603:1026:c0a:10::2`,
      connect: `52.98.171.226 port ${smartHost.port}`,
      encrypt: "TLSv1.3 · outlook.com, *.outlook.com · until 3 Mar 2027",
      greet: "AM9PR02CA0131.outlook.office365.com Microsoft ESMTP MAIL Service ready",
      signIn: smartHost.signIn.kind === "password" ? `as ${smartHost.signIn.user}, mechanism LOGIN` : smartHost.signIn.kind === "oauth" ? `${smartHost.signIn.user} (XOAUTH2)` : "no sign-in wanted",
      sender: sender ?? "",
    };
    const wrong = secret === "wrong" ? { stage: "signIn" as const, problem: { code: "signInRefused", subject: "", said: "535 5.7.3 Authentication unsuccessful [AM0PR02CA0131.eurprd02.prod.outlook.com]" } as Problem } : null;
    const fails = wrong ?? (secret === null ? this.world.probeFails : null);
    const steps: ProbeStep[] = [];
    let failed = false;
    for (const stage of STAGES) {
      const step = (outcome: ProbeStep["outcome"], tookMs = 0) => {
        const step = { stage, outcome, tookMs };
        if (outcome.kind !== "started") steps.push(step);
        // Events have their own way to the window, and may come after the answer.
        setTimeout(() => this.tell(0, { kind: "probed", probe, step }), this.pace);
      };
      if (failed || (stage === "sender" && !sender) || (stage === "signIn" && smartHost.signIn.kind === "none")) {
        step({ kind: "skipped" });
        continue;
      }
      step({ kind: "started" });
      await pause(this.pace);
      if (fails?.stage === stage) {
        failed = true;
        step({ kind: "failed", problem: fails.problem }, 212);
      } else {
        step({ kind: "passed", found: found[stage] }, 12 + STAGES.indexOf(stage) * 31);
      }
    }
    return steps;
  }

  /** What the provider's page does in the end; a test, or whoever plays, says when. */
  somebodySignsIn(account: string) {
    const now = Date.now();
    this.signInNow({ ...SIGNED_OUT, account, signedIn: true, tokenUntil: now + 3_600_000, since: now });
  }

  private beginSignIn({ signIn }: Extract<Request, { ask: "beginSignIn" }>["smartHost"]): Answer {
    if (signIn.kind !== "oauth") return { kind: "refused", refused: { why: "badValue", field: "smartHost.signIn", said: "nobody has to sign in" } };
    const until = Date.now() + 900_000;
    const link = signIn.grant.kind === "deviceCode" ? "https://microsoft.com/devicelogin" : "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=1&state=x";
    const waiting = signIn.grant.kind === "deviceCode" ? ({ kind: "deviceCode", code: "FJK2LMNPQ", link, until } as const) : ({ kind: "browser", link, until } as const);
    this.signInNow({ ...SIGNED_OUT, waiting });
    return { kind: "signIn", signIn: { ...SIGNED_OUT, waiting } };
  }

  private signInNow(change: Partial<SignInView>): Answer {
    const { settings } = this.world.snapshot;
    this.apply({ ...settings, signIn: { ...(settings.signIn ?? SIGNED_OUT), ...change } });
    return this.settings();
  }

  private sendTest(sender: string, recipient: string): Answer {
    if (!recipient.includes("@")) return { kind: "refused", refused: { why: "badValue", field: "recipient", said: "this is no mail address" } };
    const entry = this.accept({ sender, firstRecipient: recipient, recipients: 1, unsettled: 1, subject: "Test message from Outtray", size: 1840, client: "", clientName: "", kind: "test" });
    void this.deliver(entry.id, recipient);
    return { kind: "kept", id: entry.id };
  }

  private async deliver(id: string, recipient: string) {
    await pause(this.pace * 2);
    const { snapshot } = this.world;
    if (snapshot.paused || snapshot.lane.state.kind === "throttled") return;
    if (recipient.startsWith("stuck")) return this.setLane({ kind: "throttled", problem: badPassword, since: Date.now(), nextTry: Date.now() + 15_000 });
    this.setLane({ kind: "sending" });
    await pause(this.pace * 2);
    if (recipient.startsWith("nobody")) this.settle(id, "bounced", { code: "recipientRefused", subject: recipient, said: `550 5.1.10 Recipient ${recipient} not found` });
    else if (recipient.startsWith("later")) this.change(id, { state: "deferred", attempts: 1, nextAttempt: Date.now() + 300_000, problem: { code: "temporaryTrouble", said: "451 4.7.0 Temporary server error" } });
    else this.settle(id, "sent");
    this.setLane({ kind: "ready" });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
