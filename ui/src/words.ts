/**
 * Every state and code in the words people read, by theme in `words/`.
 */
export * from "./words/access";
export * from "./words/format";
export * from "./words/problems";
export * from "./words/refusals";
export * from "./words/sentence";
export * from "./words/connection";
export * from "./words/importing";
export * from "./words/lanes";
export * from "./words/listeners";
export * from "./words/machine";
export * from "./words/setup";
export * from "./words/signIn";
export * from "./words/states";
