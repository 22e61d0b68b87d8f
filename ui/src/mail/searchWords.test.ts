import { describe, expect, it } from "vitest";

import { clientIn, withClient } from "./searchWords";

describe("the device in a search", () => {
  it("is found, put in, exchanged and taken out, and the rest stays", () => {
    expect([clientIn("invoice"), clientIn("invoice client:10.0.0.7"), clientIn("noclient:x")]).toEqual(["", "10.0.0.7", ""]);
    expect(withClient("invoice", "10.0.0.7")).toBe("invoice client:10.0.0.7");
    expect(withClient("client:10.0.0.7 invoice", "fd12::7")).toBe("invoice client:fd12::7");
    expect(withClient("invoice client:10.0.0.7", "")).toBe("invoice");
  });
});
