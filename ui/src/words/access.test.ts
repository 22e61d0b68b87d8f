import { describe, expect, test } from "vitest";

import { allowing } from "../bridge/make";
import { readLines } from "../forms/TextList";
import { heldAbove, readWho, sayConditions, sayDecision } from "./access";

describe("the conditions of a rule", () => {
  test("are one line, and none when there are none", () => {
    expect(sayConditions(allowing("10.0.0.0/24", ""))).toBe("");
    const rule = { ...allowing("10.0.0.0/24", ""), requireEncryption: true, senders: ["office.example", "a@b.example"], messageBytes: 10_000_000 };
    rule.rate = { ...rule.rate, messagesPerMinute: 1, recipientsPerDay: 2000 };
    expect(sayConditions(rule)).toBe("only encrypted · from office.example and 1 other · up to 10 MB · 1 message a minute · 2,000 recipients a day");
  });

  test("of a rule that refuses do not matter", () => {
    expect(sayConditions({ ...allowing("10.0.0.66", ""), action: "refuse", requireSignIn: true })).toBe("nothing is taken from there");
  });
});

test("a decision names the rule as people count", () => {
  const rules = [allowing("10.0.0.0/24", "Office"), allowing("10.1.0.0/24", "")];
  expect(sayDecision({ permitted: true, by: "rule", rule: 0, reply: null }, rules)).toBe("Rule 1 (Office) allows it.");
  expect(sayDecision({ permitted: false, by: "rule", rule: 1, reply: "550" }, rules)).toBe("Rule 2 (10.1.0.0/24) does not allow it.");
});

test("what is held is what is above the usual, within floor and ceiling", () => {
  const bursts = { hold: true, timesTheUsual: 5, leastPerHour: 100, mostPerHour: 2000 };
  expect([0, 20, 24, 5000].map((busiest) => heldAbove(bursts, busiest))).toEqual([100, 100, 120, 2000]);
  expect(heldAbove({ ...bursts, mostPerHour: 0 }, 5000)).toBe(25_000);
});

test("whose mail is held is an address or an account", () => {
  expect(readWho("10.0.0.63")).toEqual({ address: "10.0.0.63" });
  expect(readWho("account:branch")).toEqual({ account: "branch" });
});

test("a pasted list is read however it is divided, each entry once", () => {
  expect(readLines(" exe\n\nbat, exe;com ,\n")).toEqual(["exe", "bat", "com"]);
});
