import { expect, test } from "vitest";

import { asHtml } from "./asHtml";

test("plain lines become HTML that shows the same", () => {
  expect(asHtml("A & B\n<x>\n")).toBe('<p style="color:#666;font-size:small">A &amp; B<br>\n&lt;x&gt;</p>');
});
