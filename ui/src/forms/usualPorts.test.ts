import { describe, expect, it } from "vitest";

import { listener } from "../bridge/make";
import { worldOf } from "../bridge/fake/scenarios";
import { hasIpv6, otherListeners, placesOf, usualListeners, withUsualPort } from "./usualPorts";

const usual = listener("0.0.0.0", 25, "starttls");
const twin = listener("::", 25, "starttls");

describe("a usual port", () => {
  it("is proposed by IPv6 where the machine has an address of it", () => {
    const { machine } = worldOf("fresh", 0);
    expect([hasIpv6(null), hasIpv6(machine)]).toEqual([false, false]);
    const more = { network: "fd12:3456:789a::/64", address: "fd12:3456:789a::2", card: "Ethernet", addresses: null, private: true };
    expect(hasIpv6({ ...machine, networks: [...machine.networks, more] })).toBe(true);
    expect(usualListeners(465, true)).toEqual([listener("0.0.0.0", 465, "implicit"), listener("::", 465, "implicit")]);
    expect(usualListeners(25, false)).toEqual([usual]);
  });

  it("is one line with its like, which changes and goes along", () => {
    const all = [twin, listener("10.0.0.2", 26, "plain"), usual];
    expect(placesOf(all, 25)).toEqual({ at: 2, twin: 0 });
    expect(otherListeners(all).map(({ at }) => at)).toEqual([1]);
    expect(withUsualPort(all, 25, { ...usual, encryption: "plain" }, true)).toEqual([all[1], { ...usual, encryption: "plain" }, { ...twin, encryption: "plain" }]);
    expect(withUsualPort(all, 25, usual, false)).toEqual([all[1], usual]);
    expect(withUsualPort(all, 25, null, true)).toEqual([all[1]]);
    expect(withUsualPort([all[1] ?? usual], 587, listener("0.0.0.0", 587, "starttls"), true)).toHaveLength(3);
  });

  it("leaves alone what was made otherwise by hand", () => {
    const plain = { ...twin, encryption: "plain" as const };
    expect(placesOf([usual, plain], 25)).toEqual({ at: 0, twin: -1 });
    expect(otherListeners([usual, plain]).map(({ at }) => at)).toEqual([1]);
    expect(otherListeners([twin]).map(({ at }) => at)).toEqual([0]);
  });
});
