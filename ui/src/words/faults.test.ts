/** Whatever brings the lane to rest in the engine's own fault table has words of its own. */
import { describe, expect, it } from "vitest";

import table from "../../../tests/relay/out/faults.md?raw";
import type { ProblemCode } from "../bridge/bridge";
import { sayProblem } from "./problems";

const codes = [...new Set([...table.matchAll(/rests: (\w+)/g)].map(([, code]) => code as ProblemCode))].sort();

describe("the fault table", () => {
  it("names troubles of the lane", () => {
    expect(codes.length).toBeGreaterThan(8);
  });

  it.each(codes)("has words for %s that are its own", (code) => {
    const said = sayProblem({ code }, "SendGrid");
    expect(said.title).toMatch(/\.$/);
    expect(said.advice).toMatch(/\.$/);
    expect(codes.filter((other) => sayProblem({ code: other }, "SendGrid").title === said.title)).toEqual([code]);
  });
});
