import { describe, expect, it } from "vitest";

import { defaultSettings } from "../../bridge/fake/defaults";
import { worldOf } from "../../bridge/fake/scenarios";
import { preset } from "../../forms/providers";
import { begin, hindrance, move, reachable, type Draft, type Move } from "./steps";

const machine = worldOf("fresh", 0).machine;
const walk = (draft: Draft, ...moves: Move[]) => moves.reduce(move, draft);
const fresh = begin(defaultSettings());
const microsoft: Move[] = [{ kind: "next" }, { kind: "choose", provider: "microsoft365" }, { kind: "next" }];
const host = { ...preset("microsoft365"), signIn: { kind: "password" as const, user: "relay@northwind.example" } };

describe("the setup", () => {
  it("begins at the welcome and goes nowhere it has not been", () => {
    expect(fresh.step).toBe("welcome");
    expect(reachable(fresh, "senders")).toBe(false);
    expect(walk(fresh, { kind: "goTo", step: "senders" }).step).toBe("welcome");
  });

  it("wants a provider, then a user, then a password, then a check", () => {
    const choosing = walk(fresh, { kind: "next" });
    expect(hindrance(choosing, false)).toMatch(/provider/);
    const chosen = walk(fresh, ...microsoft);
    expect(chosen.settings.smartHost?.server).toBe("smtp.office365.com");
    expect(hindrance(chosen, false)).toMatch(/user name/);
    const named = walk(chosen, { kind: "host", host });
    expect(hindrance(named, false)).toMatch(/password/);
    expect(hindrance(named, true)).toMatch(/Check/);
    expect(hindrance(walk(named, { kind: "check", check: "passed" }), true)).toBeNull();
  });

  it("does not save without the password that was typed before the window was closed", () => {
    const machineIn = walk(fresh, { kind: "machine", machine }, ...microsoft, { kind: "host", host }, { kind: "skipCheck" }, { kind: "next" });
    expect(machineIn.step).toBe("listening");
    expect(hindrance(machineIn, true)).toBeNull();
    expect(hindrance(machineIn, false)).toMatch(/password/);
    expect(hindrance(walk(machineIn, { kind: "host", host: { ...host, signIn: { kind: "none" } } }), false)).toBeNull();
  });

  it("lets someone who knows better skip the check", () => {
    const skipped = walk(fresh, ...microsoft, { kind: "host", host }, { kind: "skipCheck" });
    expect(skipped.step).toBe("senders");
    expect(skipped.check).toBe("skipped");
  });

  it("forgets the check when server, user or password change, and keeps it for the rest", () => {
    const checked = walk(fresh, ...microsoft, { kind: "host", host }, { kind: "check", check: "passed" });
    expect(walk(checked, { kind: "host", host: { ...host, port: 25 } }).check).toBe("none");
    expect(walk(checked, { kind: "secretTyped" }).check).toBe("none");
    expect(walk(checked, { kind: "host", host: { ...host, parallelConnections: 1 } }).check).toBe("passed");
  });

  it("keeps what was typed when the same provider is chosen again", () => {
    const typed = walk(fresh, ...microsoft, { kind: "host", host }, { kind: "choose", provider: "microsoft365" });
    expect(typed.settings.smartHost).toEqual(host);
    expect(walk(typed, { kind: "choose", provider: "ses" }).settings.smartHost?.provider).toBe("ses");
  });

  it("ticks the machine's own networks and takes 2525 where 25 is taken, once", () => {
    const filled = walk(fresh, { kind: "machine", machine });
    expect(filled.settings.rules.map((entry) => entry.network)).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
    expect(filled.settings.listeners.map((listener) => listener.port)).toEqual([2525, 587]);
    const emptied = walk(filled, { kind: "rules", rules: [] }, { kind: "machine", machine });
    expect(emptied.settings.rules).toEqual([]);
    expect(hindrance({ ...emptied, step: "senders" }, true)).toMatch(/network/);
  });

  it("ticks private networks of IPv6 too, and listens there where the machine has an address", () => {
    const more = [
      { network: "fd12:3456:789a::/64", address: "fd12:3456:789a::2", card: "Ethernet", addresses: null, private: true },
      { network: "2001:db8:1::/64", address: "2001:db8:1::2", card: "Ethernet", addresses: null, private: false },
    ];
    const filled = walk(fresh, { kind: "machine", machine: { ...machine, networks: [...machine.networks, ...more] } });
    expect(filled.settings.rules.map((entry) => entry.network)).toEqual(["10.0.0.0/24", "10.0.1.0/24", "fd12:3456:789a::/64"]);
    expect(filled.settings.listeners.map(({ address, port }) => `${address} ${port}`)).toEqual(["0.0.0.0 2525", ":: 2525", "0.0.0.0 587", ":: 587"]);
  });

  it("does not tick a public network by itself", () => {
    const open = { ...machine, networks: [{ network: "203.0.113.0/24", address: "203.0.113.2", card: "WAN", addresses: 256, private: false }] };
    expect(walk(fresh, { kind: "machine", machine: open }).settings.rules).toEqual([]);
  });

  it("is not saved any more when something changes after saving", () => {
    const saved = walk(fresh, { kind: "saved" });
    expect(saved.saved).toBe(true);
    expect(walk(saved, { kind: "listeners", listeners: [] }).saved).toBe(false);
  });

  it("holds no password in what is kept over a closed window", () => {
    const draft = walk(fresh, ...microsoft, { kind: "host", host }, { kind: "secretTyped" });
    expect(JSON.stringify(draft)).not.toMatch(/secret"|password":/i);
  });
});
