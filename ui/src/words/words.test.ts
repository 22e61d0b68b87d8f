import { describe, expect, it } from "vitest";

import type { Connection, LaneView, LostReason, ProblemCode, Snapshot } from "../bridge/bridge";
import { worldOf } from "../bridge/fake/scenarios";
import generated from "../bridge/generated/control.ts?raw";
import { ago, ahead, closedListeners, dayAndClock, many, meaningForMail, sayClock, sayFirewall, sayLetIn, sayListener, sayLost, sayProblem, sayRefused, sayState, size, span, splitAddress, sayWhy, stopsMail, took } from "../words";

const NOW = Date.parse("2026-11-23T14:30:00Z");

function allCodes(): ProblemCode[] {
  const line = /export type ProblemCode = ([^;]+);/.exec(generated)?.[1] ?? "";
  return [...line.matchAll(/"(\w+)"/g)].map((found) => found[1] as ProblemCode);
}

describe("problems", () => {
  it("all have words: sentences, without empty places where nothing is named", () => {
    expect(allCodes().length).toBeGreaterThan(30);
    for (const code of allCodes()) {
      for (const provider of ["", "Microsoft 365"]) {
        const words = sayProblem({ code }, provider);
        expect(words.title, code).toMatch(/^[A-Z].*\.$/);
        expect(words.advice, code).toMatch(/^[A-Z].*\.$/);
        expect(`${words.title} ${words.advice}`, code).not.toMatch(/ {2}|\(\)|undefined| \./);
      }
    }
  });

  it("of our own all have a button that mends them or leads there", () => {
    for (const code of ["certificateEnds", "certificateFileUnusable", "databaseSetAside", "pickupFailed", "settingsUnreadable", ...stopsMail] as const) {
      expect(sayProblem({ code }, "").remedy, code).not.toBeNull();
    }
    expect([...stopsMail]).toContain("engineFault");
  });

  it("say whom and what they concern", () => {
    expect(sayProblem({ code: "signInRefused" }, "SendGrid").title).toBe("SendGrid does not accept the user name or password.");
    expect(sayProblem({ code: "hostNotFound", subject: "smtp.exmaple.com" }, "x").title).toContain("smtp.exmaple.com");
  });

  it("say what they mean for the mail", () => {
    expect(meaningForMail(12)).toBe("12 messages are waiting, none is lost.");
    expect(meaningForMail(1)).toBe("1 message is waiting, none is lost.");
  });
});

const connected: Connection = { state: "connected", reason: null, why: null, service: "none" };
const lost = (reason: LostReason, why = "the engine closed it"): Connection => ({ state: "lost", reason, why, service: "none" });

describe("the sentence at the top", () => {
  const say = (scenario: Parameters<typeof worldOf>[0], change: (snapshot: Snapshot) => Snapshot = (same) => same) =>
    sayState(connected, change({ ...worldOf(scenario, NOW).snapshot, seq: 1 }), "Microsoft 365");

  it.each([
    ["flowing", "good", "Mail is flowing"],
    ["empty", "good", "Ready for the first message"],
    ["fresh", "quiet", "Not set up yet"],
    ["trouble", "bad", "Microsoft 365 does not accept the user name or password"],
    ["paused", "warn", "Delivery is paused"],
    ["disk-full", "bad", "The disk with C:\\ProgramData\\Outtray is nearly full"],
    ["port-taken", "warn", "Port 25 is in use by inetinfo.exe, service SMTPSVC (process 1432)"],
    ["settings-broken", "warn", "Mail is flowing, but something needs you"],
  ] as const)("%s", (scenario, tone, text) => {
    expect(say(scenario)).toMatchObject({ tone, text });
  });

  it("says of the disk only what is true", () => {
    const noticed = (code: ProblemCode, subject?: string) =>
      say("flowing", (snapshot) => ({ ...snapshot, notices: [{ code, ...(subject !== undefined && { subject }) }] }));
    expect(noticed("messageUnreadable", "2").text).toBe("Mail is flowing, but something needs you");
    expect(sayProblem({ code: "messageUnreadable", subject: "2" }, "").title).toBe("2 messages in the queue cannot be read from the disk.");
    expect(noticed("storeFailed")).toMatchObject({ tone: "bad", text: "Mail cannot be written to the disk" });
    expect(noticed("databaseDamaged")).toMatchObject({ tone: "bad", text: "The mail database is damaged", remedy: "restartRelay" });
  });

  it("puts a deaf relay before everything else that is well", () => {
    const deaf = say("port-taken", (snapshot) => ({ ...snapshot, listeners: snapshot.listeners.map((listener) => ({ ...listener, problem: { code: "portTaken" as const, subject: String(listener.port) } })) }));
    expect(deaf).toMatchObject({ tone: "bad", text: "Devices cannot connect: port 25 is in use by another program", remedy: "openListening" });
  });

  it("says why there is no engine, with what was known and without", () => {
    const before = { ...worldOf("flowing", NOW).snapshot, seq: 1 };
    expect(sayState(lost("gone"), null, "")).toMatchObject({ tone: "bad", text: "The engine does not answer", detail: "" });
    expect(sayState(lost("serviceStopped"), before, "x")).toMatchObject({ text: "The Outtray service is stopped", detail: "What you see is from before." });
    expect(sayState(lost("moving"), before, "x").tone).toBe("busy");
    expect(sayState({ ...connected, state: "connecting" }, null, "")).toMatchObject({ tone: "quiet", text: "Starting" });
  });

  describe("with several providers", () => {
    const down = { kind: "throttled", problem: { code: "signInRefused" }, since: NOW, nextTry: NOW } as const;
    const slow = { ...down, problem: { code: "throttled" } } as const;
    /** The second one as `change` makes it, and the usual one. */
    const second = (change: Partial<LaneView>, usual: Partial<LaneView> = {}) =>
      say("several-lanes", (snapshot) => {
        const [invoices, ...rest] = snapshot.otherLanes;
        if (!invoices) throw new Error("a world of several providers");
        return { ...snapshot, lane: { ...snapshot.lane, ...usual }, otherLanes: [{ ...invoices, waiting: 3, ...change }, ...rest] };
      });

    it("says which of them keeps mail waiting, that the rest flows, and mends that one", () => {
      expect(second({ state: down })).toEqual({
        tone: "bad",
        text: "Mail through Invoices is waiting: it does not accept the user name or password",
        detail: "3 messages are waiting, none is lost. The rest is flowing.",
        remedy: "openSignIn",
        lane: "Invoices",
      });
      expect(second({ paused: true })).toMatchObject({ tone: "warn", text: "Delivery through Invoices is paused", remedy: "resume", lane: "Invoices" });
      expect(second({ state: slow })).toMatchObject({ tone: "warn", text: "Mail through Invoices is waiting: it asks us to slow down" });
      expect(second({ state: { ...down, problem: { code: "tlsModeSwapped" } } }).remedy).toBe("openProvider");
    });

    it("says the worst first, and that others wait too", () => {
      const both = second({ state: down }, { state: slow });
      expect(both).toMatchObject({ tone: "bad", lane: "Invoices", detail: "3 messages are waiting, none is lost. Mail through Microsoft 365 is waiting too." });
      expect(second({ state: down }, { state: down }).text).toBe("Microsoft 365 does not accept the user name or password");
      expect(second({}, { state: down, waiting: 4 }).detail).toBe("4 messages are waiting, none is lost. The rest is flowing.");
    });

    it("does not call it a standstill when no mail waits, or when it takes another way", () => {
      expect(second({ state: down, waiting: 0 })).toMatchObject({ tone: "warn", text: "Mail is flowing, but something needs you" });
      expect(second({ paused: true, waiting: 0 })).toMatchObject({ tone: "good", text: "Mail is flowing" });
      expect(second({ state: down, failedOver: true })).toMatchObject({ tone: "warn", text: "Mail for Invoices is flowing through another provider" });
      expect(second({}, { state: down, failedOver: true }).text).toBe("Mail is flowing through another provider");
    });
  });

  it("does not call on its way what is on hold", () => {
    expect(say("flowing").detail).toBe("2 messages are on the way, 1 on hold.");
    const held = say("flowing", (snapshot) => ({ ...snapshot, counters: { ...snapshot.counters, waiting: 2, held: 2 } }));
    expect(held.detail).toBe("2 messages are on hold.");
  });
});

describe("a lost link", () => {
  it("shows the system's words only where they are the reason", () => {
    expect(sayWhy(lost("failed", "the database is of a newer Outtray"))).toBe("The database is of a newer Outtray.");
    expect(sayWhy(lost("gone"))).toBe("");
    for (const reason of ["gone", "restarting", "busy", "serviceStopped", "notAllowed", "moving", "failed"] as const) {
      const words = sayLost(reason);
      expect(words.title, reason).toMatch(/^[A-Z].*\.$/);
      expect(words.text, reason).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("a port that is not open", () => {
  const closed = (subject: string, address = "0.0.0.0") => sayListener({ address, port: 25, problem: { code: "portTaken", subject } }).title;
  it("names the program that holds it, and no port for a program", () => {
    expect(closed("master (process 900)")).toBe("Port 25 is in use by master (process 900).");
    expect(closed("25")).toBe("Port 25 is in use by another program.");
    expect(closed("25", "10.0.0.2")).toBe("Port 25 on 10.0.0.2 is in use by another program.");
  });
  it("has words for a code it does not know", () => {
    expect(sayListener({ address: "::", port: 465, problem: { code: "other", subject: "465" } }).title).toBe("Port 465 by IPv6 could not be opened.");
  });
  it("is said once when it is the same by IPv4 and by IPv6", () => {
    const at = (address: string, port: number, code: ProblemCode | null) => ({ address, port, encryption: "plain" as const, problem: code === null ? null : { code } });
    const both = [at("0.0.0.0", 25, "portTaken"), at("::", 25, "portTaken"), at("0.0.0.0", 587, null), at("::", 587, "portForbidden"), at("10.0.0.2", 25, "portTaken")];
    expect(closedListeners(both).map(({ address, port }) => `${address} ${port}`)).toEqual(["0.0.0.0 25", ":: 587", "10.0.0.2 25"]);
  });
});

describe("a refusal", () => {
  it("is a sentence, whatever the engine said", () => {
    expect(sayRefused({ why: "trouble", problem: { code: "other", said: "permission denied (os error 13)" } })).toBe("Permission denied (os error 13).");
    expect(sayRefused({ why: "trouble", problem: { code: "diskFull", said: "no space left on device" } })).toBe("The disk is nearly full. No space left on device.");
    expect(sayRefused({ why: "trouble", problem: { code: "engineFault" } })).toBe("The engine could not do it.");
  });
});

describe("figures", () => {
  it("tell times as people do", () => {
    expect([3_000, 42_000, 360_000, 7_260_000, 10_800_000, 200_000_000].map((age) => ago(NOW - age, NOW))).toEqual(["just now", "42 s ago", "6 min ago", "2 h 1 min ago", "3 h ago", "2 days ago"]);
    expect(ahead(NOW + 250_000, NOW)).toBe("in 4 min");
    expect(ahead(NOW - 5, NOW)).toBe("now");
    expect(span(-5)).toBe("1 s");
    expect(took(812)).toBe("0.8 s");
    expect(took(130_000)).toBe("2 min");
  });

  it("name the day when it is not today", () => {
    expect(dayAndClock(NOW, NOW)).toMatch(/^\d\d:\d\d$/);
    expect(dayAndClock(NOW - 86_400_000, NOW)).toMatch(/^yesterday /);
    expect(dayAndClock(NOW + 86_400_000, NOW)).toMatch(/^tomorrow /);
    expect(dayAndClock(NOW - 40 * 86_400_000, NOW)).toMatch(/Oct/);
  });

  it("tell sizes as mail providers do", () => {
    expect([0, 999, 1000, 48_200, 2_100_000, 25_000_000, 2_500_000_000].map(size)).toEqual(["0 B", "999 B", "1 KB", "48 KB", "2.1 MB", "25 MB", "2.5 GB"]);
  });

  it("count", () => {
    expect(many(1, "message")).toBe("1 message");
    expect(many(100_000, "message")).toBe("100,000 messages");
  });

  it("split an address at its last @", () => {
    expect(splitAddress('"a@b"@example.com')).toEqual({ local: '"a@b"', domain: "@example.com" });
    expect(splitAddress("nobody")).toEqual({ local: "nobody", domain: "" });
  });
});

describe("the machine", () => {
  it("a clock is wrong only when certificates and sign-ins notice it", () => {
    const say = (millis: number) => sayClock({ kind: "behind", millis, server: "time.test" });
    expect(say(300)).toEqual({ text: "Right, says time.test.", wrong: false });
    expect(say(-45_000)).toEqual({ text: "45 s fast, says time.test.", wrong: false });
    expect(say(7_200_000).wrong).toBe(true);
    expect(say(7_200_000).text).toMatch(/^120 minutes slow, says time\.test\. Sign-ins/);
    expect(sayClock({ kind: "noAnswer", server: "time.test", said: "timed out" }).text).toBe("time.test gave no answer (timed out).");
  });

  it("a firewall nobody can judge is not called open or shut", () => {
    expect(sayLetIn(null)).not.toMatch(/lets (devices|nobody) in$/);
    expect([sayLetIn(true), sayLetIn(false)].join()).toBe(", and the firewall lets devices in,, but the firewall lets nobody in");
    expect(sayFirewall({ state: "unknown", name: null, command: null, opening: null, publicNetwork: false })).toMatch(/look there/);
  });
});
