import { expect, test } from "vitest";

import { madeUp } from "./madeUp";

test("a made up password has twenty signs nobody mistakes, each as likely as the others", () => {
  expect(madeUp()).toMatch(/^[abcdefghjkmnpqrstuvwxyz2-9]{20}$/);
  expect(madeUp()).not.toBe(madeUp());
  // 248 to 255 would fall upon the first eight signs once more.
  let next = 240;
  const counting = (into: Uint8Array<ArrayBuffer>) => into.map(() => next++);
  expect(madeUp(counting)).toBe("23456789abcdefghjkmn");
});
