/**
 * Words of the connection check, the ports, the encryption and the credential store.
 */
import type { ListenerEncryption, PortState, ProbeStage, SecretStoreView, SmartHostEncryption } from "../bridge/generated/control";

export const probeWords: Record<ProbeStage, { todo: string; passed: string; failed: string }> = {
  name: { todo: "Find the server's name", passed: "Name found", failed: "Name not found" },
  connect: { todo: "Connect", passed: "Connected", failed: "No connection" },
  encrypt: { todo: "Encrypt", passed: "Encrypted, certificate valid", failed: "Not encrypted" },
  greet: { todo: "Greet", passed: "Greeted", failed: "Turned away" },
  signIn: { todo: "Sign in", passed: "Signed in", failed: "Sign-in refused" },
  sender: { todo: "Ask about the sender", passed: "Accepts mail from you", failed: "Sender not accepted" },
};

export const probeOrder: ProbeStage[] = ["name", "connect", "encrypt", "greet", "signIn", "sender"];

export const smartHostEncryptionWords: Record<SmartHostEncryption, { label: string; hint: string }> = {
  starttls: { label: "STARTTLS", hint: "Starts plain, then must encrypt. Usual on 587 and 25." },
  implicit: { label: "TLS from the start", hint: "Encrypted from the first byte. Usual on 465." },
  none: { label: "None", hint: "Only for a server inside the office. A password is never sent." },
};

export const listenerEncryptionWords: Record<ListenerEncryption, { label: string; short: string; forDevice: string }> = {
  starttls: { label: "Offered (STARTTLS)", short: "STARTTLS", forDevice: "STARTTLS if the device can, otherwise none" },
  implicit: { label: "Always (TLS)", short: "SSL/TLS", forDevice: "SSL/TLS" },
  plain: { label: "None", short: "no encryption", forDevice: "None" },
};

export const portStateWords: Record<PortState, (holder: string | null) => string> = {
  free: () => "free",
  ours: () => "used by Outtray",
  taken: (holder) => (holder ? `in use by ${holder}` : "in use by another program"),
  forbidden: () => "not allowed by the system",
};

export const portUse: Record<number, string> = {
  25: "What nearly every scanner, printer and NAS uses.",
  587: "For programs that send as a mail client does.",
  465: "For devices that only know “SSL”.",
  2525: "Stand-in when port 25 is taken.",
};

/** Where the password goes, in words. */
export function sayStore(store: SecretStoreView): string {
  switch (store.kind) {
    case "windowsCredentialManager":
      return "The password goes to Windows Credential Manager on this server. Outtray never shows it again.";
    case "secretService":
      return "The password goes to this computer's keyring. Outtray never shows it again.";
    case "credentialsDirectory":
      return "Passwords come from the credential files of the system service, which Outtray can only read.";
    case "unavailable":
      return "This machine has no credential store that Outtray can use, so the password cannot be kept for good.";
  }
}

export function canKeep(store: SecretStoreView): boolean {
  return store.kind === "windowsCredentialManager" || store.kind === "secretService";
}
