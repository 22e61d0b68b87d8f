/**
 * Every trouble in words: what happened, what it means for the mail, what mends it.
 *
 * The `Record` makes the compiler name each code that has no words yet.
 */
import type { Problem, ProblemCode } from "../bridge/generated/control";
import { readWho } from "./access";
import { many } from "./format";

/** What a button beside a problem does. The window knows how; the words only name it. */
export type Remedy =
  | "setUp"
  | "openSignIn"
  | "openProvider"
  | "openListening"
  | "openCertificate"
  | "openLimits"
  | "openPickup"
  | "openSigning"
  | "openDevices"
  | "openAccounts"
  | "openQueue"
  | "openSettings"
  | "copyFolder"
  | "restartRelay"
  | "tryNow"
  | "tryListeners"
  | "reloadSettings"
  | "swapEncryption";

export const remedyLabel: Record<Remedy, string> = {
  setUp: "Set up now",
  openSignIn: "Change sign-in",
  openProvider: "Change server",
  openListening: "Change listening",
  openCertificate: "Change certificate",
  openLimits: "Change limits",
  openPickup: "Change pickup folder",
  openSigning: "Signatures",
  openDevices: "Look at the devices",
  openAccounts: "Device accounts",
  openQueue: "Look at the queue",
  openSettings: "Show where it is named",
  copyFolder: "Copy the folder’s path",
  restartRelay: "Restart the relay",
  tryNow: "Try now",
  tryListeners: "Try again",
  reloadSettings: "Read the file again",
  swapEncryption: "Use the other encryption",
};

export interface ProblemWords {
  /** What happened: a sentence. */
  title: string;
  /** Why, and what to do: one or two sentences. */
  advice: string;
  /** The button that mends it, if one of ours can. */
  remedy: Remedy | null;
}

interface About {
  /** Name of the mail provider: "Microsoft 365". */
  provider: string;
  /** What the problem names: a host, a port, a file, a user. */
  subject: string;
}

type Say = (about: About) => ProblemWords;

const words = (title: string, advice: string, remedy: Remedy | null): ProblemWords => ({ title, advice, remedy });
const named = (subject: string, other: string) => (subject === "" ? other : subject);
const at = (subject: string) => (subject === "" ? " on this port" : ` at ${subject}`);
const from = (subject: string) => (subject === "" ? "" : ` from ${subject}`);
const quoted = (subject: string) => (subject === "" ? "" : ` (${subject})`);

const problems: Record<ProblemCode, Say> = {
  notSetUp: () =>
    words("No mail provider is set up yet.", "Tell Outtray where to hand over mail. Until then it keeps everything it accepts.", "setUp"),
  hostNotFound: ({ subject, provider }) =>
    words(
      `The server name ${named(subject, `of ${provider}`)} cannot be found.`,
      "It is misspelled, or this machine has no working DNS or internet connection at the moment.",
      "openProvider",
    ),
  connectionRefused: ({ subject, provider }) =>
    words(
      `${provider} refuses the connection.`,
      `Nothing answers${at(subject)}. A wrong port number, a firewall or a virus scanner's mail shield are the usual reasons.`,
      "openProvider",
    ),
  connectionTimedOut: ({ subject, provider }) =>
    words(
      `${provider} does not answer.`,
      `There was no answer${from(subject)} in time. A firewall or the internet provider may be blocking the port. Port 25 is often blocked: 587 or 465 usually work.`,
      "tryNow",
    ),
  connectionLost: ({ provider }) =>
    words(`The connection to ${provider} broke in the middle.`, "This is mostly a passing network trouble. Outtray tries again by itself.", "tryNow"),
  answerLost: ({ provider }) =>
    words(
      `The answer of ${provider} to the message was lost.`,
      "It was handed over whole, and the connection broke before the answer came. Nobody knows whether it was taken, so Outtray sends it again by itself: the recipient may get it twice.",
      "tryNow",
    ),
  greetingRefused: ({ provider }) =>
    words(
      `${provider} turned the connection away.`,
      "It does not want to talk to this address at the moment. Its own words below say why; an office line on a block list is the usual reason.",
      "tryNow",
    ),
  tlsNotOffered: ({ provider }) =>
    words(
      `${provider} offers no encryption on this port.`,
      "Outtray does not send a password or mail unencrypted. Check server and port; a mail shield on this machine can also remove the offer.",
      "openProvider",
    ),
  tlsFailed: ({ provider }) =>
    words(
      `No encrypted connection to ${provider} could be made.`,
      "Both sides could not agree. A firewall that looks into encrypted connections is a common reason.",
      "openProvider",
    ),
  tlsModeSwapped: () =>
    words(
      "The port and the kind of encryption do not fit together.",
      "Port 465 is encrypted from the first byte; 587 and 25 start plain and then switch (STARTTLS).",
      "swapEncryption",
    ),
  certificateUntrusted: ({ subject }) =>
    words(
      `The certificate${subject === "" ? "" : ` of ${subject}`} is signed by nobody this machine trusts.`,
      "Either a firewall opens encrypted connections here, or the office has its own certificate authority: then name its file.",
      "openProvider",
    ),
  certificateWrongName: ({ subject }) =>
    words(
      "The server shows a certificate for another name.",
      `Check the server name${quoted(subject)}. Do not continue with a server that is not the one you mean.`,
      "openProvider",
    ),
  certificateExpired: ({ subject }) =>
    words(
      `The certificate${subject === "" ? "" : ` of ${subject}`} is out of date.`,
      "Check the date and time of this machine first. If they are right, the server's operator must renew the certificate.",
      "tryNow",
    ),
  signInNotOffered: ({ provider }) =>
    words(
      `${provider} offers no sign-in that Outtray speaks.`,
      "Check server and port: some servers offer the sign-in on 587 only, and relays by address want none at all.",
      "openProvider",
    ),
  signInRefused: ({ provider }) =>
    words(
      `${provider} does not accept the user name or password.`,
      "The password was changed, has expired or was mistyped, or the account needs an app password.",
      "openSignIn",
    ),
  signInSwitchedOff: ({ provider }) =>
    words(
      `${provider} has switched off sign-in with a password.`,
      "The password may be right. An administrator must allow authenticated SMTP for this mailbox, or another way of sending is needed.",
      "openSignIn",
    ),
  signInNeeded: ({ provider }) =>
    words(`${provider} wants a sign-in.`, "Outtray has no user name and password for it yet.", "openSignIn"),
  secretMissing: () =>
    words("The password is not in this machine's credential store.", "It was removed, or the engine now runs under another account. Type it once more.", "openSignIn"),
  signingKeyMissing: ({ subject }) =>
    words(
      `The key that signs mail${subject === "" ? "" : ` of ${subject}`} is missing.`,
      "It is not in the credential store of the account Outtray runs as. Mail waits rather than going out unsigned: make a new key, or switch the signature off.",
      "openSigning",
    ),
  tokenNotAccepted: ({ provider, subject }) =>
    words(
      `${provider} does not accept the sign-in of ${named(subject, "this account")}.`,
      "The token is good, but this mailbox may not send with it. Check that authenticated SMTP is on for the mailbox, and that the application has a right to it.",
      "openSignIn",
    ),
  tokenUnreachable: ({ subject }) =>
    words(
      `The sign-in service${quoted(subject)} cannot be reached.`,
      "Outtray tries again by itself. Check the internet connection, and whether a firewall lets HTTPS through to it.",
      "tryNow",
    ),
  signInLapsed: ({ provider }) =>
    words(
      `Somebody must sign in to ${provider} again.`,
      "The sign-in has ended: a changed password, a policy of the organisation, or a long time without mail does that. Mail waits until then.",
      "openSignIn",
    ),
  appSecretRefused: () =>
    words(
      "The application’s secret or certificate is not accepted.",
      "It has run out or was copied wrong. Make a new secret for the application and enter its value (not its ID) here.",
      "openSignIn",
    ),
  appUnknown: ({ provider }) =>
    words(
      `${provider} does not know this application, or does not let it do this.`,
      "Check the application (client) ID and the directory (tenant), and that the application is allowed to sign in this way.",
      "openSignIn",
    ),
  consentMissing: () =>
    words(
      "An administrator has not agreed to what this application wants.",
      "Somebody who administers the organisation must grant consent for the application once.",
      "openSignIn",
    ),
  tokenRefused: ({ provider }) =>
    words(`The sign-in service of ${provider} gives no token.`, "Its own words below say why.", "openSignIn"),
  secretStoreUnavailable: () =>
    words(
      "This machine's credential store cannot be opened.",
      "It is missing or locked. The password can be kept in memory until the next restart.",
      "openSignIn",
    ),
  brokenReply: ({ subject, provider }) =>
    words(`${provider} answers with something that is not SMTP.`, `There is probably another kind of server${at(subject)}.`, "openProvider"),
  throttled: ({ provider }) =>
    words(`${provider} asks us to slow down.`, "Too much was sent at once. Outtray waits and goes on by itself.", null),
  accountBlocked: ({ provider }) =>
    words(
      `The account at ${provider} is blocked or its quota is used up.`,
      "Sign in at the provider's own website and look at the account. Sending again before that does not help.",
      "tryNow",
    ),
  senderRefused: ({ provider, subject }) =>
    words(
      `${provider} does not accept the sender${subject === "" ? "" : ` ${subject}`}.`,
      "This account may not send from that address. Confirm the address at the provider, or use an allowed one in the device.",
      null,
    ),
  recipientRefused: ({ subject }) =>
    words(
      `${named(subject, "The recipient")} was refused.`,
      "The address does not exist or does not take this message. Check the address book of the device.",
      null,
    ),
  messageTooLarge: ({ provider }) =>
    words(`The message is larger than ${provider} takes.`, "Scan with a lower resolution, or send it in parts.", null),
  contentRefused: ({ provider }) =>
    words(`${provider} refused the content of the message.`, "It looked like spam or harmful to the provider. Its own words below say more.", null),
  temporaryTrouble: ({ provider }) =>
    words(`${provider} has a passing trouble of its own.`, "Nothing to do here: Outtray tries again by itself.", "tryNow"),
  lifetimeEnded: () =>
    words("It was tried until its time was up.", "The message was given up and its sender was told.", null),
  mailLoop: () =>
    words("The message goes round in a circle.", "The provider sends it back to Outtray. Check forwarding rules that point here.", null),
  portTaken: ({ subject }) =>
    words(
      `${subject === "" ? "A port" : subject} is in use by another program.`,
      "Devices cannot connect there. Stop the other program, or listen on another port.",
      "openListening",
    ),
  addressNotHere: ({ subject }) =>
    words(`${named(subject, "A listening address")} is not an address of this machine.`, "The machine's address may have changed. Choose another one.", "openListening"),
  portForbidden: ({ subject }) =>
    words(`The system does not let Outtray listen on ${named(subject, "this port")}.`, "It is reserved, or needs more rights. Choose another port, 2525 for example.", "openListening"),
  certificateFileUnusable: ({ subject }) =>
    words(`The certificate ${named(subject, "file")} cannot be used.`, "The words below say what is wanted there. What was loaded before stays in use; where nothing was, devices see Outtray’s own certificate, and most do not mind.", "openCertificate"),
  certificateEnds: ({ subject }) =>
    words(`The certificate ${named(subject, "file")} must be renewed.`, "Put a renewed one in its place. It is used from then on, and nothing has to be restarted.", "openSettings"),
  appSecretEnds: ({ subject }) =>
    words(
      `The secret with which Outtray signs in for ${named(subject, "its mailbox")} must be renewed.`,
      "Make a new one where the application is registered (Entra admin centre, Certificates & secrets) and type it in together with its day. Once it has run out mail waits; none is lost.",
      "openSignIn",
    ),
  settingsUnreadable: ({ subject }) =>
    words(`The settings file${subject === "" ? "" : ` ${subject}`} cannot be read.`, "Someone has changed it by hand. The settings from before stay in force.", "reloadSettings"),
  diskFull: ({ subject }) =>
    words(
      `The disk${subject === "" ? "" : ` with ${subject}`} is nearly full.`,
      "Devices are told to try again later until there is space. Free some space on it; Outtray goes on by itself.",
      "copyFolder",
    ),
  databaseSetAside: ({ subject }) =>
    words(
      "The mail database was damaged and has been set aside.",
      `Outtray began a new one, so that mail goes on. The old one is kept with its messages${subject === "" ? "" : ` in ${subject}`}; those that waited in it are not sent by themselves.`,
      "copyFolder",
    ),
  storeFailed: () =>
    words(
      "Mail cannot be written to the disk.",
      "Devices are told to try again later, and nothing is handed over, since what became of it could not be noted. Check the disk; Outtray goes on by itself.",
      "copyFolder",
    ),
  databaseDamaged: () =>
    words(
      "The mail database is damaged.",
      "Check the disk, then restart the relay: it sets the damaged database aside, keeps it with its messages, and begins a new one.",
      "restartRelay",
    ),
  messageUnreadable: ({ subject }) =>
    words(
      `${subject === "" || subject === "1" ? "A message in the queue" : `${subject} messages in the queue`} cannot be read from the disk.`,
      "It waits and is looked at again by itself. Check the disk, and whether a virus scanner has taken a file away. Deleting the message ends it.",
      "openQueue",
    ),
  pickupFailed: ({ subject }) =>
    words(
      `Files in the pickup folder${subject === "" ? "" : ` ${subject}`} are not taken.`,
      "They stay there and are tried again. Outtray must be allowed to read, rename and remove files in it; the account it runs under may be another one than yours.",
      "openPickup",
    ),
  engineFault: () =>
    words("A part of Outtray has stopped by accident.", "Restart the relay; that takes a few seconds, and devices try again by themselves.", "restartRelay"),
  burstHeld: ({ subject }) =>
    words(
      `${sayHeldSender(subject)} sends far more than usual.`,
      "Its mail is accepted and kept on hold, so that the provider does not block the office. Look at it, then release or delete it.",
      "openDevices",
    ),
  passwordsGuessed: ({ subject }) =>
    words(
      `Too many wrong passwords came from ${named(subject, "one address")}.`,
      "It cannot sign in for a while, and then may again. If it is a device of yours, give its account a new password and enter that on the device. If it is a stranger, refuse its address.",
      "openAccounts",
    ),
  senderWaits: ({ provider, subject }) =>
    words(
      `${provider} takes no mail from ${named(subject, "a sender")}.`,
      "Its mail waits and is tested now and then; all other mail goes on. Give the account the right to send as this address, or let the device use another one.",
      "tryNow",
    ),
  other: ({ provider }) =>
    words(`Something unexpected happened with ${provider}.`, "The words below are all that is known.", "tryNow"),
};

function sayHeldSender(subject: string): string {
  if (subject === "") return "A device";
  const who = readWho(subject);
  return "account" in who ? `The account ${who.account}` : who.address;
}

/** A problem in words; `provider` is the provider's name as people know it. */
export function sayProblem(problem: Problem, provider: string): ProblemWords {
  return problems[problem.code]({ provider: provider === "" ? "The mail provider" : provider, subject: problem.subject ?? "" });
}

/** A problem that keeps the way to the provider shut. A certificate file is then the provider's authority, not ours. */
export function sayLane(problem: Problem, provider: string): ProblemWords {
  const words = sayProblem(problem, provider);
  if (problem.code !== "certificateFileUnusable") return words;
  return { title: words.title, advice: "It is named as the certificate authority of the provider’s server, which cannot be checked without it.", remedy: "openProvider" };
}

/** Troubles of our own with which mail waits that is here, or some of it. */
export const stopsMail: ReadonlySet<ProblemCode> = new Set<ProblemCode>(["notSetUp", "diskFull", "storeFailed", "databaseDamaged", "messageUnreadable", "engineFault"]);

/** What a problem with the provider means for the mail. */
export function meaningForMail(waiting: number): string {
  if (waiting === 0) return "No message is waiting, none is lost.";
  return `${many(waiting, "message is", "messages are")} waiting, none is lost.`;
}
