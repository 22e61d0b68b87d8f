/**
 * Why a device was refused, in words, and what helps.
 */
import type { AccessRule, ListenerView, RefusalKind } from "../bridge/generated/control";

export interface RefusalWords {
  /** Goes on where the device's name ends. */
  title: string;
  /** Why. */
  means: string;
  /** What to do, when a sentence says it better than a button. */
  todo: string;
}

const words = (title: string, means: string, todo = ""): RefusalWords => ({ title, means, todo });

export const refusalWords: Record<RefusalKind, RefusalWords> = {
  notAllowed: words("was refused", "Its address is in none of your allowed networks."),
  encryptionNeeded: words("sent without encryption", "Mail is taken from there encrypted only.", "Switch on STARTTLS, or SSL/TLS, on the device."),
  signInNeeded: words("did not sign in", "The rule for its network wants a device account.", "Enter user name and password of one on the device."),
  signInFailed: words("could not sign in", "The user name or the password it sent is wrong, or the account is switched off.", "Enter them on the device once more, or give the account a new password."),
  senderNotAllowed: words("used a sender that is not allowed", "Its rule, its account or your lists do not allow mail from this sender.", "Change the sender on the device, or allow it."),
  recipientNotAllowed: words("sent to a recipient that is not allowed", "Its rule or your lists do not allow mail to this recipient."),
  tooMuch: words("sent too much", "It is over the limit of its rule.", "It may send again later, and nothing is lost if it does."),
  attachment: words("sent an attachment that is not allowed", "Attachments of this kind are refused by the settings.", "Send it in another form, a PDF for example, or allow its kind."),
  headerRule: words("sent mail that a header rule refuses", "The rule is named in what it heard."),
  tlsFailed: words("could not agree on encryption", "Nothing was sent: without an encrypted connection there was none."),
  tooLarge: words("sent a message that is too large", "The message is above the size limit.", "Scan with a lower resolution, or raise the limit if the provider takes more."),
  tooManyRecipients: words("sent to too many recipients at once", "The message names more recipients than the limit in the settings.", "The recipients within the limit were taken."),
  tooManyConnections: words("opened too many connections", "It is over the limit of connections in the settings.", "It may connect again when others are closed."),
  loop: words("sent a message that goes round in a circle", "The message has already passed through Outtray.", "Look at forwarding rules, at the provider or in the device, that lead back here."),
  diskFull: words("was told to come back later", "There was not enough free disk space to keep its mail.", "Free some space on the disk; devices try again by themselves."),
  other: words("was refused", "The words it heard say why."),
};

/** What was wrong with its encryption, as the engine noticed it: a sentence. */
export function sayTlsTrouble(noticed: string): string {
  if (noticed === "") return refusalWords.tlsFailed.means;
  return `${noticed.charAt(0).toUpperCase()}${noticed.slice(1).replace(/\.$/, "")}.`;
}

/** What to set on a device that cannot do today's encryption. */
export function sayTlsWayOut(listeners: readonly ListenerView[], rule: AccessRule | undefined): string {
  if (rule?.requireEncryption === true) return "Its rule takes encrypted mail only; without that condition it could send unencrypted.";
  const plain = listeners.find((listener) => listener.problem === null && listener.encryption !== "implicit");
  if (!plain) return "Every port here demands encryption; one that does not would let it send.";
  return `On the device: install the newest firmware and look for TLS 1.2. If there is none, switch its encryption off and use port ${plain.port}: inside your own network that is readable on the cable, and still encrypted on the way to the provider.`;
}
