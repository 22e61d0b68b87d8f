import { describe, expect, it } from "vitest";

import { sayWrong } from "./check";

const say = (wrong: string, remedy: string) => sayWrong({ field: "rules[2].network", value: "10.0.0.7", wrong, remedy });

describe("what is wrong with a field", () => {
  it("is a sentence that counts as people do", () => {
    expect(say("rules[0] decides about all of these addresses already", "put it in front of rules[0], or leave it out")).toBe(
      "Rule 1 decides about all of these addresses already; put it in front of rule 1, or leave it out.",
    );
    expect(say("accounts[10] has this name already", "")).toBe("Account 11 has this name already.");
  });

  it("names what stands on the page, not what stands in the document", () => {
    expect(say("there are none", "`any`, or name the domains in `lists.ownDomains`")).toBe("There are none; “Anybody”, or name the domains in “Own domains”.");
    expect(say("this is no subnet", "a subnet as in `192.168.1.0/24`")).toBe("This is no subnet; a subnet as in “192.168.1.0/24”.");
  });
});
