/**
 * The setup: a rail of steps, one step at a time, and what leads from one to the next.
 */
import { Button } from "@fluentui/react-components";
import { Checkmark16Filled } from "@fluentui/react-icons";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";

import { changedParts } from "../../forms/changes";
import { sayWrong, useCheck } from "../../forms/check";
import { useLeave } from "../../forms/leave";
import { SECRET } from "../../forms/SignInForm";
import { useMachine } from "../../live/machine";
import { useAsk, useDesktop, useSnapshot } from "../../live/provider";
import { isSetUp } from "../../live/state";
import { Mark } from "../../parts/Mark";
import { useWindow } from "../../window";
import { sameSecret, sayNotTakenOver, sayRefused, wantsSecret } from "../../words";
import { forgetDraft, loadDraft, saveDraft } from "./draft";
import { ListeningStep, ProviderStep, SendersStep, WelcomeStep } from "./EarlySteps";
import { SignInStep } from "./SignInStep";
import { begin, hindrance, move, reachable, steps, stepTitle, type Step } from "./steps";
import { SummaryStep } from "./SummaryStep";
import { TestStep } from "./TestStep";
import styles from "./setup.module.css";

export function SetupPage() {
  const snapshot = useSnapshot();
  const { go, tell } = useWindow();
  const ask = useAsk();
  const { takeOver } = useDesktop();
  const check = useCheck();
  const [draft, make] = useReducer(move, null, () => loadDraft() ?? begin(snapshot.settings.settings));
  const [secret, setSecret] = useState("");
  const [untilRestart, setUntilRestart] = useState(false);
  const machine = useMachine();
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLDivElement>(null);

  useEffect(() => saveDraft(draft), [draft]);
  useEffect(() => {
    if (machine.view) make({ kind: "machine", machine: machine.view });
  }, [machine.view]);
  // Who reads by ear or moves by key begins each step at its headline.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [draft.step]);

  const stored = snapshot.settings.secrets.find((each) => each.name === SECRET);
  const storeIsGone = snapshot.settings.store.kind === "unavailable";
  // A stored password is for the server that is in force, and for no other to see.
  const { smartHost: inForce } = snapshot.settings.settings;
  const secretIsThere = secret !== "" || (stored?.isSet === true && inForce?.server === draft.settings.smartHost?.server && sameSecret(inForce?.signIn, draft.settings.smartHost?.signIn));
  const hint = hindrance(draft, secretIsThere) ?? (draft.step === "signIn" && secret !== "" && storeIsGone && !untilRestart ? "Tick that the password is kept until restart." : null);

  const unsaved = draft.saved ? [] : [...changedParts(snapshot.settings.settings, draft.settings), ...(secret === "" ? [] : ["password"])];
  const leaving = useLeave({ what: isSetUp(snapshot) ? unsaved : [], wrong: false, save: null, saved: false, forget: forgetDraft });
  const leave = useCallback(() => {
    if (unsaved.length === 0) forgetDraft();
    go({ page: "overview" });
  }, [go, unsaved.length]);

  /** A typed password goes together with its settings, so that the server of before never sees it; from then on only the host has it. */
  const save = async (): Promise<boolean> => {
    const { settings, imported } = draft;
    const given = secret !== "" && wantsSecret(settings.smartHost?.signIn) ? { secret: { name: SECRET, secret, untilRestart } } : {};
    const answer = await ask(imported?.takeOver === true ? { ask: "takeOver", settings, ...given } : { ask: "applySettings", settings, ...given });
    if (answer.kind === "settings" || answer.kind === "takeOver") {
      setSecret("");
      make({ kind: "saved" });
      check.set([]);
      if (imported?.inTheWay === true) await takePort();
      return true;
    }
    if (answer.kind === "problems") check.set(answer.problems);
    else if (answer.kind === "notTakenOver") tell("bad", sayNotTakenOver(answer.trouble));
    else tell("bad", answer.kind === "refused" ? sayRefused(answer.refused) : "It was not saved.");
    return false;
  };

  /** What the engine may not do an administrator may. The settings are saved already. */
  const takePort = async () => {
    try {
      if (await takeOver(true)) tell("good", "Outtray has the port now; the Windows SMTP service is stopped and disabled.");
      else tell("warn", "Saved. The Windows SMTP service still has its port: go back and save again to be asked once more.");
    } catch (error) {
      tell("bad", `Saved, but the port was not taken over. ${String(error).replace(/^Error: /, "")}`);
    }
  };

  const advance = async () => {
    setBusy(true);
    const free = draft.step === "listening" ? await save() : true;
    setBusy(false);
    if (free) make({ kind: "next" });
  };
  const leaveField = () => void check.check(draft.settings);
  const canSkip = draft.step === "signIn" && hint === "Check the connection first.";
  const elsewhere = check.problems.filter((problem) => draft.step === "listening" && !/^(listeners|certificate)/.test(problem.field));

  return (
    <div className={styles.setup}>
      <header className={styles.bar}>
        <Mark />
        <strong>Set up Outtray</strong>
        <span className={styles.calm}>You can close this window at any time; what you have filled in stays, but for the password.</span>
        {isSetUp(snapshot) && draft.step !== "summary" && (
          <Button appearance="subtle" onClick={leave}>
            Leave setup
          </Button>
        )}
      </header>
      <Rail step={draft.step} furthest={draft.furthest} reach={(step) => reachable(draft, step)} go={(step) => make({ kind: "goTo", step })} />
      <main className={styles.main} id="page">
        <div ref={heading} tabIndex={-1} className={styles.step} key={draft.step} aria-label={stepTitle[draft.step]}>
          {draft.step === "welcome" && <WelcomeStep machine={machine.view} make={make} />}
          {draft.step === "provider" && <ProviderStep draft={draft} make={make} problems={check.problems} onLeave={leaveField} />}
          {draft.step === "signIn" && (
            <SignInStep
              draft={draft}
              make={make}
              problems={check.problems}
              onLeave={leaveField}
              secret={secret}
              onSecret={(typed) => {
                setSecret(typed);
                make({ kind: "secretTyped" });
              }}
              stored={stored}
              untilRestart={untilRestart}
              onUntilRestart={setUntilRestart}
              secretIsThere={secretIsThere}
            />
          )}
          {draft.step === "senders" && <SendersStep draft={draft} make={make} machine={machine.view} check={check} />}
          {draft.step === "listening" && <ListeningStep draft={draft} make={make} machine={machine} problems={check.problems} onLeave={leaveField} />}
          {draft.step === "test" && <TestStep draft={draft} make={make} />}
          {draft.step === "summary" && <SummaryStep machine={machine} />}
          {elsewhere.map((problem) => (
            <p key={problem.field} role="alert" className={styles.wrong}>
              {sayWrong(problem)}
            </p>
          ))}
        </div>
        <footer className={styles.foot}>
          {draft.step !== "welcome" && (
            <Button onClick={() => make({ kind: "back" })} disabled={busy}>
              Back
            </Button>
          )}
          {draft.step === "summary" ? (
            <Button appearance="primary" onClick={leave}>
              Open Outtray
            </Button>
          ) : (
            <Button appearance={canSkip ? "secondary" : "primary"} disabled={busy || hint !== null} onClick={() => void advance()}>
              {nextLabel(draft.step, draft.testId !== null, draft.imported?.takeOver === true || draft.imported?.inTheWay === true)}
            </Button>
          )}
          {canSkip && (
            <Button appearance="subtle" disabled={busy} onClick={() => make({ kind: "skipCheck" })}>
              Skip the check, I know it is right
            </Button>
          )}
          {hint && !canSkip && (
            <span className={styles.hint} role="status">
              {hint}
            </span>
          )}
        </footer>
      </main>
      {leaving}
    </div>
  );
}

function nextLabel(step: Step, tested: boolean, takesOver: boolean): string {
  if (step === "welcome") return "Begin";
  if (step === "listening") return takesOver ? "Save and take over" : "Save and go on";
  if (step === "test" && !tested) return "Go on without a test";
  return "Next";
}

function Rail({ step, furthest, reach, go }: { step: Step; furthest: Step; reach(step: Step): boolean; go(step: Step): void }) {
  const at = steps.indexOf(step);
  return (
    <nav className={styles.rail} aria-label="Steps of the setup">
      <ol>
        {steps.map((each, index) => {
          const done = index < steps.indexOf(furthest) && index !== at;
          return (
            <li key={each}>
              <button
                type="button"
                className={`${styles.railItem} ${done ? styles.done : ""}`}
                disabled={!reach(each)}
                aria-current={each === step ? "step" : undefined}
                onClick={() => go(each)}
              >
                <span className={styles.dot} aria-hidden="true">
                  {done ? <Checkmark16Filled /> : index + 1}
                </span>
                <span>
                  {stepTitle[each]}
                  {done && <span className="spoken">, done</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      <div className={styles.progress} aria-hidden="true">
        Step {at + 1} of {steps.length}: {stepTitle[step]}
      </div>
    </nav>
  );
}
