/**
 * How long the provider may take for each step: folded, since the usual times are those of the standard (RFC 5321 §4.5.3.2).
 */
import type { SettingsProblem, SmartHostSettings, SmartHostTimeouts } from "../bridge/bridge";
import { span } from "../words";
import { fieldState, wrongAt } from "./check";
import { DurationField } from "./fields";
import { Folded } from "./Folded";
import formStyles from "./forms.module.css";
import { usualTimeouts } from "./providers";

const steps: { name: keyof SmartHostTimeouts; label: string; hint: string }[] = [
  { name: "connectSeconds", label: "Connecting", hint: "Until its server answers at all." },
  { name: "tlsSeconds", label: "Beginning encryption", hint: "Until both sides have agreed." },
  { name: "commandSeconds", label: "An answer to a command", hint: "Greeting, signing in, sender, recipients." },
  { name: "dataBlockSeconds", label: "A piece of a message", hint: "So long a slow line may stand still." },
  { name: "dataEndSeconds", label: "Taking a message", hint: "From its last line to the answer; a shorter time makes it likelier that a message is sent twice." },
  { name: "idleSeconds", label: "Keeping a connection", hint: "Unused, for the next message. 0: not at all." },
];

interface TimeoutFieldsProps {
  host: SmartHostSettings;
  problems: SettingsProblem[];
  onHost(host: SmartHostSettings): void;
  onLeave(): void;
}

export function TimeoutFields({ host, problems, onHost, onLeave }: TimeoutFieldsProps) {
  return (
    <Folded title="Time limits towards the provider" open={steps.some(({ name }) => wrongAt(problems, `smartHost.timeouts.${name}`) !== undefined)}>
      <div className={formStyles.times}>
        {steps.map(({ name, label, hint }) => (
          <DurationField
            key={name}
            label={label}
            hint={`${hint} Usually ${span(usualTimeouts[name] * 1000)}.`}
            value={host.timeouts[name]}
            onChange={(value) => onHost({ ...host, timeouts: { ...host.timeouts, [name]: value } })}
            onLeave={onLeave}
            {...fieldState(problems, `smartHost.timeouts.${name}`)}
          />
        ))}
      </div>
    </Folded>
  );
}
