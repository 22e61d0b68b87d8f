import { describe, expect, it } from "vitest";

import type { AccessRule } from "./bridge";
import { allowing } from "./make";
import { isAllowed, ruleFor, rulesAllowing, rulesRefusing } from "./rules";

const refusing = (network: string, name = ""): AccessRule => ({ ...allowing(network, name), action: "refuse" });
const say = (rules: readonly AccessRule[] | null) => rules?.map(({ network, action }) => `${action} ${network}`) ?? null;

describe("the rule that decides", () => {
  const rules = [allowing("10.0.0.20-10.0.0.29", ""), refusing("10.0.0.0/24"), allowing("fd00::/64", "")];

  it("is the first that fits", () => {
    expect(["10.0.0.25", "10.0.0.7", "fd00::7", "10.0.1.7"].map((address) => ruleFor(rules, address))).toEqual([0, 1, 2, -1]);
    expect(["10.0.0.25", "10.0.0.7", "10.0.1.7"].map((address) => isAllowed(rules, address))).toEqual([true, false, false]);
  });
});

describe("a device that is let in", () => {
  it("gets a rule behind the others when none decides about it", () => {
    expect(say(rulesAllowing([allowing("10.0.0.0/24", "")], "10.0.1.7", allowing("10.0.1.7", "Scanner")))).toEqual(["allow 10.0.0.0/24", "allow 10.0.1.7"]);
  });

  it("gets one in front of the rule that refuses it, behind those that do not concern it", () => {
    const rules = [allowing("10.0.1.0/24", ""), refusing("10.0.0.0/16"), allowing("10.0.0.0/8", "")];
    expect(say(rulesAllowing(rules, "10.0.2.7", allowing("10.0.2.7", "")))).toEqual(["allow 10.0.1.0/24", "allow 10.0.2.7", "refuse 10.0.0.0/16", "allow 10.0.0.0/8"]);
    expect(say(rulesAllowing(rules, "10.0.2.7", allowing("10.0.2.0/24", "")))?.[1]).toBe("allow 10.0.2.0/24");
  });

  it("turns a refusal of exactly its address round, with the name it had", () => {
    const turned = rulesAllowing([refusing("10.0.0.66", "Old scanner"), allowing("10.0.0.0/24", "")], "10.0.0.66", allowing("10.0.0.66", ""));
    expect(turned?.[0]).toMatchObject({ network: "10.0.0.66", action: "allow", name: "Old scanner" });
    expect(turned).toHaveLength(2);
  });

  it("hides no rule: that would be for a person to decide", () => {
    expect(rulesAllowing([refusing("10.0.0.66"), refusing("10.0.0.0/16")], "10.0.0.66", allowing("10.0.0.0/24", ""))).toBeNull();
    expect(rulesAllowing([refusing("10.0.0.0/16"), allowing("10.0.0.9", "")], "10.0.0.66", allowing("10.0.0.0/24", ""))).toBeNull();
  });

  it("needs none when it may send already", () => {
    expect(rulesAllowing([allowing("10.0.0.0/24", "")], "10.0.0.7", allowing("10.0.0.7", ""))).toBeNull();
  });
});

describe("an address that is shut out", () => {
  it("gets a rule in front of what lets it in, and none when it is refused already", () => {
    expect(say(rulesRefusing([allowing("10.0.0.0/24", "")], "10.0.0.7", "Guessed passwords"))).toEqual(["refuse 10.0.0.7", "allow 10.0.0.0/24"]);
    expect(say(rulesRefusing([], "203.0.113.9", ""))).toEqual(["refuse 203.0.113.9"]);
    expect(rulesRefusing([refusing("10.0.0.0/24")], "10.0.0.7", "")).toBeNull();
  });
});
