import { describe, expect, it } from "vitest";

import { holds, readNetwork, sameNetwork, sayAddresses } from "./network";

describe("a network as typed", () => {
  it.each([
    ["10.0.0.0/24", "10.0.0.0/24", 256n, false],
    ["172.2.2.1/24", "172.2.2.0/24", 256n, true],
    ["192.168.1.7", "192.168.1.7", 1n, false],
    ["0.0.0.0/0", "0.0.0.0/0", 4_294_967_296n, true],
    ["10.0.0.0/7", "10.0.0.0/7", 33_554_432n, true],
    ["fd00:1:2::/64", "fd00:1:2::/64", 18_446_744_073_709_551_616n, false],
    ["2001:db8::1", "2001:db8::1", 1n, true],
    ["::1", "::1", 1n, false],
    ["10.0.0.20-10.0.0.29", "10.0.0.20-10.0.0.29", 10n, false],
    ["10.0.0.0 - 11.0.0.255", "10.0.0.0-11.0.0.255", 16_777_472n, true],
    ["fd00::1-fd00::9", "fd00::1-fd00::9", 9n, false],
  ])("%s means %s", (text, canonical, addresses, publicAddresses) => {
    expect(readNetwork(text)).toMatchObject({ canonical, addresses, publicAddresses });
  });

  it("says first and last", () => {
    expect(readNetwork("172.2.2.1/24")).toMatchObject({ first: "172.2.2.0", last: "172.2.2.255" });
  });

  it.each(["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/24/2", "printer", "fe80::1::2", "12345::", "1:2:3:4:5:6:7", "10.0.0.9-10.0.0.1", "10.0.0.1-fd00::9", "10.0.0.1-10.0.0.2-10.0.0.3", "10.0.0.0/24-10.0.1.0"])("is not %j", (text) => {
    expect(readNetwork(text)).toBeNull();
  });

  it("holds another or does not", () => {
    expect(holds("10.0.0.0/24", "10.0.0.7")).toBe(true);
    expect(holds("10.0.0.0/24", "10.0.0.20-10.0.1.3")).toBe(false);
    expect(holds("10.0.0.0-10.0.0.255", "10.0.0.0/25")).toBe(true);
    expect(holds("::/0", "10.0.0.7")).toBe(false);
    expect(holds("printer", "printer")).toBe(false);
    expect(sameNetwork("10.0.0.0-10.0.0.255", "10.0.0.0/24")).toBe(true);
    expect(sameNetwork("10.0.0.0/24", "10.0.0.0/25")).toBe(false);
  });

  it("is counted as people say it", () => {
    expect(sayAddresses(1)).toBe("1 address");
    expect(sayAddresses(256)).toBe("256 addresses");
    expect(sayAddresses(4_294_967_296n)).toBe("4,295 million addresses");
  });
});
