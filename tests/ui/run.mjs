/** Runs every page test with Node's own runner and prints its summary. */
import { readdirSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

import { SLOWER } from "./kit.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith(".spec.mjs") && (wanted.length === 0 || wanted.some((word) => name.includes(word))))
  .map((name) => here + name);

run({ files, concurrency: 2, timeout: 600_000 * SLOWER })
  .on("test:fail", () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
