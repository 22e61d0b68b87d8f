import { describe, expect, test } from "vitest";

import { moved } from "./order";

describe("moved", () => {
  test("puts an entry where it was let go, up and down", () => {
    expect(moved(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
    expect(moved(["a", "b", "c", "d"], 3, 0)).toEqual(["d", "a", "b", "c"]);
    expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
  });

  test("loses nothing when there is no such entry", () => {
    expect(moved(["a", "b"], 7, 0)).toEqual(["a", "b"]);
  });
});
