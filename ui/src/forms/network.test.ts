import { describe, expect, it } from "vitest";

import { readNetwork, sayAddresses } from "./network";

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
  ])("%s means %s", (text, canonical, addresses, publicAddresses) => {
    expect(readNetwork(text)).toMatchObject({ canonical, addresses, publicAddresses });
  });

  it("says first and last", () => {
    expect(readNetwork("172.2.2.1/24")).toMatchObject({ first: "172.2.2.0", last: "172.2.2.255" });
  });

  it.each(["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/24/2", "printer", "fe80::1::2", "12345::", "1:2:3:4:5:6:7"])("is not %j", (text) => {
    expect(readNetwork(text)).toBeNull();
  });

  it("is counted as people say it", () => {
    expect(sayAddresses(1)).toBe("1 address");
    expect(sayAddresses(256)).toBe("256 addresses");
    expect(sayAddresses(4_294_967_296n)).toBe("4,295 million addresses");
  });
});
