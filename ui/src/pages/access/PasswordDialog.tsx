/**
 * The password of a device account: made up or typed, set, shown once to be entered in the device, and gone.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input } from "@fluentui/react-components";
import { Checkmark20Regular, Copy20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import formStyles from "../../forms/forms.module.css";
import { useAsk } from "../../live/provider";
import { copyText } from "../../parts/copy";
import { useWindow } from "../../window";
import { sayRefused } from "../../words";
import styles from "./access.module.css";
import { madeUp } from "./madeUp";

interface PasswordDialogProps {
  account: string;
  hasPassword: boolean;
  onDone(): void;
}

export function PasswordDialog({ account, hasPassword, onDone }: PasswordDialogProps) {
  const ask = useAsk();
  const { tell } = useWindow();
  const [password, setPassword] = useState("");
  const [isSet, setIsSet] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const doing = async (request: Parameters<typeof ask>[0], done: () => void) => {
    setBusy(true);
    const answer = await ask(request);
    setBusy(false);
    if (answer.kind === "settings") done();
    else setWrong(answer.kind === "refused" ? sayRefused(answer.refused) : "It was not done.");
  };
  const store = () => doing({ ask: "setAccountPassword", account, password }, () => setIsSet(true));
  const remove = () =>
    doing({ ask: "removeAccountPassword", account }, () => {
      tell("good", `${account} has no password any more: nobody can sign in with it.`);
      onDone();
    });
  return (
    <Dialog open modalType={isSet ? "alert" : "modal"} onOpenChange={(_, { open }) => !open && onDone()}>
      <DialogSurface>
        {isSet ? (
          <DialogBody>
            <DialogTitle>Enter this in the device now</DialogTitle>
            <DialogContent>
              <div className={formStyles.stack}>
                <p>The password is set. Outtray keeps only a hash of it and cannot show it again.</p>
                <SignInLines account={account} password={password} />
                <p className="quiet">The device has to use an encrypted connection: STARTTLS, or SSL/TLS on port 465 where that is open.</p>
              </div>
            </DialogContent>
            <DialogActions>
              <Button appearance="primary" onClick={onDone}>
                Done
              </Button>
            </DialogActions>
          </DialogBody>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void store();
            }}
          >
            <DialogBody>
              <DialogTitle>Password of {account}</DialogTitle>
              <DialogContent>
                <div className={formStyles.stack}>
                  <p>{hasPassword ? "The one it has is replaced at once: a device that uses it is refused until it has the new one. " : ""}Use a password that is used nowhere else; it is shown once more when it is set, then never again.</p>
                  <div className={styles.password}>
                    <Field label="Password" {...(wrong === "" ? {} : { validationMessage: wrong, validationState: "error" as const })}>
                      <Input type="text" className="mono" value={password} spellCheck={false} autoComplete="off" onChange={(_, { value }) => (setWrong(""), setPassword(value))} />
                    </Field>
                    <Button onClick={() => (setWrong(""), setPassword(madeUp()))}>Make one up</Button>
                  </div>
                </div>
              </DialogContent>
              <DialogActions fluid>
                {hasPassword && (
                  <Button disabled={busy} title="Nobody can sign in with this account until it has a password again" onClick={() => void remove()}>
                    Remove the password
                  </Button>
                )}
                <Button onClick={onDone}>Cancel</Button>
                <Button type="submit" appearance="primary" disabled={password === "" || busy}>
                  Set password
                </Button>
              </DialogActions>
            </DialogBody>
          </form>
        )}
      </DialogSurface>
    </Dialog>
  );
}

function SignInLines({ account, password }: { account: string; password: string }) {
  const { tell } = useWindow();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const done = await copyText(password);
    setCopied(done);
    if (!done) tell("warn", "It could not be copied. Select the password and copy it yourself.");
  };
  return (
    <div className={styles.signIn}>
      <dl>
        <dt>User name</dt>
        <dd className="mono">{account}</dd>
        <dt>Password</dt>
        <dd className="mono" data-password="">
          {password}
        </dd>
      </dl>
      <Button icon={copied ? <Checkmark20Regular /> : <Copy20Regular />} onClick={() => void copy()}>
        {copied ? "Copied" : "Copy password"}
      </Button>
    </div>
  );
}
