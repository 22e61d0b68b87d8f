/**
 * Checks settings as fields are left: asks the engine's host and keeps what it says, field by field.
 */
import { useCallback, useRef, useState } from "react";

import type { Settings, SettingsProblem } from "../bridge/bridge";
import { useAsk } from "../live/provider";

export interface Check {
  problems: SettingsProblem[];
  /** Asks the host about this draft; the newest answer wins. */
  check(settings: Settings): Promise<SettingsProblem[]>;
  set(problems: SettingsProblem[]): void;
}

export function useCheck(): Check {
  const ask = useAsk();
  const [problems, setProblems] = useState<SettingsProblem[]>([]);
  const newest = useRef(0);
  const check = useCallback(
    async (settings: Settings) => {
      const mine = ++newest.current;
      const answer = await ask({ ask: "checkSettings", settings });
      const found = answer.kind === "problems" ? answer.problems : [];
      if (mine === newest.current) setProblems(found);
      return found;
    },
    [ask],
  );
  return { problems, check, set: setProblems };
}

/** What is wrong with one field, as a sentence; undefined when nothing is. */
export function wrongAt(problems: SettingsProblem[], field: string): string | undefined {
  const found = problems.find((problem) => problem.field === field);
  return found && sayWrong(found);
}

export function sayWrong(problem: SettingsProblem): string {
  const sentence = plainly(problem.remedy === "" ? problem.wrong : `${problem.wrong}; ${problem.remedy}`);
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

const entries: Record<string, string> = { rules: "rule", accounts: "account", headers: "header rule", listeners: "port", otherSmartHosts: "provider", routes: "route" };
const fields: Record<string, string> = { "lists.ownDomains": "Own domains", leastPerHour: "Never below", any: "Anybody" };

/** The host speaks of the document, where entries are counted from 0 and fields have names; people see neither. */
function plainly(text: string): string {
  return text
    .replace(/\b(rules|accounts|headers|listeners|otherSmartHosts|routes)\[(\d+)\]/g, (_, list: string, at: string) => `${entries[list] ?? list} ${Number(at) + 1}`)
    .replace(/`([^`]*)`/g, (_, name: string) => `“${fields[name] ?? name}”`);
}

/** What goes to Fluent's `Field`: spread, since the property must be absent rather than undefined. */
export function fieldState(problems: SettingsProblem[], field: string): { validationMessage?: string; validationState?: "error" } {
  const wrong = wrongAt(problems, field);
  return wrong ? { validationMessage: wrong, validationState: "error" } : {};
}
