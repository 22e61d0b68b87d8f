/**
 * The bundle that ships: without the fake engine, without anything from elsewhere.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { production } from "./kit.mjs";

const files = readdirSync(production, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|css|html)$/.test(name));
const text = files.map((name) => readFileSync(join(production, name), "utf8")).join("\n");

test("holds no fake engine", () => {
  assert.ok(files.some((name) => name.endsWith(".js")));
  for (const word of ["fakeEngine", "northwind", "refused-devices"]) assert.ok(!text.includes(word), `${word} is in the production bundle`);
});

test("loads nothing from elsewhere", () => {
  const html = readFileSync(join(production, "index.html"), "utf8");
  assert.ok(!/(src|href)="(https?:)?\/\//.test(html));
  assert.ok(!/url\(["']?(https?:|data:)/.test(text));
});
