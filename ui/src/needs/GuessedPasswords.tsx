/**
 * Too many wrong passwords from one address: a device with an old one, or somebody who guesses.
 */
import { Button } from "@fluentui/react-components";

import type { Problem } from "../bridge/bridge";
import { rulesRefusing } from "../bridge/rules";
import { sayWrong } from "../forms/check";
import { useAsk, useSnapshot } from "../live/provider";
import { Notice } from "../parts/Notice";
import { useWindow } from "../window";
import { sayProblem, sayRefused } from "../words";

export function GuessedPasswords({ problem }: { problem: Problem }) {
  const ask = useAsk();
  const { go, tell } = useWindow();
  const { rules } = useSnapshot().settings.settings;
  const address = problem.subject ?? "";
  const words = sayProblem(problem, "");
  const canRefuse = address !== "" && rulesRefusing(rules, address, "") !== null;
  const refuse = async () => {
    // What is in force now, not what this window drew last.
    const now = await ask({ ask: "settings" });
    if (now.kind !== "settings") return tell("bad", now.kind === "refused" ? sayRefused(now.refused) : "It was not saved.");
    const { settings } = now.settings;
    const next = rulesRefusing(settings.rules, address, "Guessed passwords");
    if (next === null) return tell("quiet", `${address} is refused already.`);
    const answer = await ask({ ask: "applySettings", settings: { ...settings, rules: next } });
    if (answer.kind === "settings") tell("good", `Nothing is taken from ${address} any more, also with an account. The rule stands under Access.`);
    else tell("bad", answer.kind === "problems" ? answer.problems.map(sayWrong).join(" ") : answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
  };
  return (
    <Notice
      tone="warn"
      title={words.title}
      said={problem.said}
      saidLabel="What was counted"
      actions={
        <>
          <Button appearance="primary" onClick={() => go({ page: "access", part: "accounts" })}>
            Device accounts
          </Button>
          {canRefuse && <Button onClick={() => void refuse()}>Refuse {address}</Button>}
        </>
      }
    >
      <p>{words.advice}</p>
    </Notice>
  );
}
