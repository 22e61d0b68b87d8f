/**
 * Tries the provider step by step and shows each step as it happens.
 */
import { Button } from "@fluentui/react-components";
import { CheckmarkCircle16Filled, Circle16Regular, ErrorCircle16Filled, PlugConnected20Regular, SubtractCircle16Regular } from "@fluentui/react-icons";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";

import type { ProbeStage, ProbeStep, Problem, SmartHostSettings } from "../bridge/bridge";
import { useAsk, useStore } from "../live/provider";
import { Said } from "../parts/Said";
import { Working } from "../parts/Working";
import { milliseconds, probeOrder, probeWords, remedyLabel, sayProblem, sayRefused } from "../words";
import styles from "./forms.module.css";
import { providerName, providerOf } from "./providers";

export type Steps = Partial<Record<ProbeStage, ProbeStep>>;

interface ConnectionCheckProps {
  host: SmartHostSettings;
  /** Null: the stored one. */
  secret: string | null;
  sender: string | null;
  /** Why it cannot be tried yet. */
  hindrance?: string | null;
  /** Whose stored secret is used: a provider beside the usual one. */
  lane?: string;
  onDone(passed: boolean): void;
  /** Puts port and encryption right, when they do not fit together. */
  onSwap?: (() => void) | undefined;
  primary?: boolean;
}

let lastProbe = 0;

export function ConnectionCheck({ host, secret, sender, hindrance, lane, onDone, onSwap, primary = true }: ConnectionCheckProps) {
  const ask = useAsk();
  const store = useStore();
  const [steps, setSteps] = useState<Steps | null>(null);
  const [running, setRunning] = useState(false);
  const [trouble, setTrouble] = useState("");
  const mine = useRef(0);
  const lines = useRef<HTMLOListElement>(null);

  useEffect(
    () =>
      store.onEachEvent(({ fact }) => {
        if (fact.kind === "probed" && fact.probe === mine.current) setSteps((before) => ({ ...before, [fact.step.stage]: fact.step }));
      }),
    [store],
  );

  // The newest line stays in sight, above whatever stands at the foot of the page.
  useEffect(() => {
    if (steps) lines.current?.scrollIntoView?.({ block: "nearest" });
  }, [steps]);

  const run = useCallback(async () => {
    const probe = ++lastProbe;
    mine.current = probe;
    setSteps({});
    setTrouble("");
    setRunning(true);
    const answer = await ask({ ask: "probe", probe, smartHost: host, secret, sender, ...(lane === undefined ? {} : { lane }) });
    if (mine.current !== probe) return;
    setRunning(false);
    // The events of the last steps may still be on their way: the answer is the last word.
    mine.current = 0;
    if (answer.kind === "probed") setSteps(Object.fromEntries(answer.steps.map((step) => [step.stage, step])));
    if (answer.kind === "refused") setTrouble(sayRefused(answer.refused));
    if (answer.kind === "problems") setTrouble(answer.problems.map((problem) => problem.wrong).join("; "));
    onDone(answer.kind === "probed" && answer.steps.every((step) => step.outcome.kind !== "failed"));
  }, [ask, host, secret, sender, lane, onDone]);

  return (
    <div className={styles.stack}>
      <div className={styles.buttons}>
        <Button appearance={primary ? "primary" : "secondary"} icon={<PlugConnected20Regular />} disabled={running || Boolean(hindrance)} onClick={() => void run()}>
          {steps ? "Check again" : "Check connection"}
        </Button>
        {hindrance && <span className={styles.hint}>{hindrance}</span>}
      </div>
      {trouble && (
        <p role="alert" className={styles.itemWrong}>
          {trouble}
        </p>
      )}
      {steps && (
        <ol ref={lines} className={styles.steps} aria-live="polite" aria-busy={running}>
          {probeOrder
            .filter((stage) => stage !== "sender" || sender !== null)
            .map((stage) => (
              <StepLine key={stage} stage={stage} step={steps[stage]} host={host} onSwap={onSwap} />
            ))}
        </ol>
      )}
    </div>
  );
}

function StepLine({ stage, step, host, onSwap }: { stage: ProbeStage; step: ProbeStep | undefined; host: SmartHostSettings; onSwap: (() => void) | undefined }) {
  const words = probeWords[stage];
  if (!step || step.outcome.kind === "skipped") {
    const nothingToDo = stage === "signIn" && host.signIn.kind === "none";
    return (
      <Line kind="todo" icon={step ? <SubtractCircle16Regular /> : <Circle16Regular />} title={words.todo}>
        {step ? (nothingToDo ? "not needed" : "not tried") : ""}
      </Line>
    );
  }
  switch (step.outcome.kind) {
    case "started":
      return (
        <Line kind="busy" icon={<Working size="extra-tiny" />} title={words.todo}>
          {stage === "connect" ? `port ${host.port}…` : "…"}
        </Line>
      );
    case "passed":
      return (
        <Line kind="passed" icon={<CheckmarkCircle16Filled color="var(--colorStatusSuccessForeground1)" />} title={words.passed} took={step.tookMs}>
          {step.outcome.found}
        </Line>
      );
    case "failed":
      return (
        <Line kind="failed" icon={<ErrorCircle16Filled color="var(--colorPaletteRedForeground1)" />} title={words.failed} took={step.tookMs}>
          <FailedStep problem={step.outcome.problem} host={host} onSwap={onSwap} />
        </Line>
      );
  }
}

function FailedStep({ problem, host, onSwap }: { problem: Problem; host: SmartHostSettings; onSwap: (() => void) | undefined }) {
  const words = sayProblem(problem, providerName(host.provider, host.server));
  return (
    <>
      <span>
        {words.title} {providerOf(host.provider).advice[problem.code] ?? words.advice}
      </span>
      {words.remedy === "swapEncryption" && onSwap && (
        <div>
          <Button size="small" onClick={onSwap}>
            {remedyLabel.swapEncryption}
          </Button>
        </div>
      )}
      {problem.said && <Said words={problem.said} open />}
    </>
  );
}

function Line({ kind, icon, title, took, children }: { kind: string; icon: ReactNode; title: string; took?: number; children?: ReactNode }) {
  return (
    <li className={`${styles.step} ${styles[kind] ?? ""}`}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <b>{title}</b>
      <div className={styles.found}>{children}</div>
      <span className={styles.tookMs}>{took === undefined ? "" : milliseconds(took)}</span>
    </li>
  );
}

/** 465 goes with TLS from the start, 587 with STARTTLS: the other pair of the two. */
export function swapEncryption(host: SmartHostSettings): SmartHostSettings {
  return host.encryption === "implicit" ? { ...host, port: host.port === 465 ? 587 : host.port, encryption: "starttls" } : { ...host, port: host.port === 587 ? 465 : host.port, encryption: "implicit" };
}
