/**
 * Opening the relay to public addresses takes a typed word, so that nobody does it by a click too many.
 */
import { Field, Input } from "@fluentui/react-components";

import { readNetwork, sayAddresses } from "../bridge/network";

const WORD = "PUBLIC";

export function ConfirmWord({ network, onSure }: { network: string; onSure(sure: boolean): void }) {
  const read = readNetwork(network);
  const whole = read !== null && read.addresses >= 1n << 32n;
  return (
    <div>
      <p style={{ marginBottom: 8 }}>
        {whole
          ? "This is every address on the internet. Anyone could send mail in your name; spammers find such a relay within hours, and your provider will block the account."
          : read?.addresses === 1n
            ? "This is an address on the internet, outside of your own network. Whoever uses it can send mail in your name."
            : `These are ${read ? sayAddresses(read.addresses) : "addresses"} on the internet, outside of your own network. Whoever uses them can send mail in your name.`}
      </p>
      <Field label={`To allow it nevertheless, type ${WORD}`}>
        <Input autoComplete="off" onChange={(_, { value }) => onSure(value.trim() === WORD)} />
      </Field>
    </div>
  );
}
