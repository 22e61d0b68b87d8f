/**
 * A list of short texts, one a line, as people paste them: addresses, domains, file endings.
 */
import { Field, Textarea } from "@fluentui/react-components";
import { useState } from "react";

import type { SettingsProblem } from "../bridge/bridge";
import { sayWrong } from "./check";

interface TextListProps {
  label: string;
  hint: string;
  placeholder?: string;
  values: readonly string[];
  problems: SettingsProblem[];
  /** The path of the list in the settings; problems are of `field[n]`. */
  field: string;
  onChange(values: string[]): void;
  onLeave(): void;
}

export function TextList({ label, hint, placeholder = "", values, problems, field, onChange, onLeave }: TextListProps) {
  // While it is being typed the text is kept as it stands: an empty line is where the next one will be.
  const [text, setText] = useState<string | null>(null);
  const wrong = problems.filter((problem) => problem.field === field || problem.field.startsWith(`${field}[`));
  const state = wrong.length > 0 ? { validationState: "error" as const, validationMessage: wrong.map((each) => (each.value === "" ? sayWrong(each) : `${each.value}: ${sayWrong(each)}`)).join(" ") } : {};
  return (
    <Field label={label} hint={hint} {...state}>
      <Textarea
        value={text ?? values.join("\n")}
        placeholder={placeholder}
        spellCheck={false}
        resize="vertical"
        rows={Math.min(8, Math.max(2, values.length + 1))}
        onChange={(_, { value }) => {
          setText(value);
          onChange(readLines(value));
        }}
        onBlur={() => {
          setText(null);
          onLeave();
        }}
      />
    </Field>
  );
}

/** Lines, commas and semicolons divide; what is empty or repeated is left out. */
export function readLines(text: string): string[] {
  return [...new Set(text.split(/[\n,;]+/).map((line) => line.trim()).filter((line) => line !== ""))];
}
