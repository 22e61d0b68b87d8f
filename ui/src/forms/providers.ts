/**
 * What is known about each mail provider: server, port, encryption, limits and conditions.
 *
 * Facts with a date on them change; they stand here as data and nowhere else.
 */
import type { LinkKey } from "../bridge/bridge";
import type { Pace, ProblemCode, SmartHostEncryption, SmartHostSettings, SmartHostTimeouts } from "../bridge/generated/control";

export type ProviderKey = "microsoft365" | "google" | "sendgrid" | "ses" | "mailgun" | "other";

export interface Provider {
  key: ProviderKey;
  name: string;
  /** One line on the card. */
  summary: string;
  /** Servers to choose from; the first is the usual one. Empty: type it. */
  servers: { label: string; server: string }[];
  port: number;
  encryption: SmartHostEncryption;
  user: { label: string; hint: string; placeholder: string; fixed?: string };
  secret: { label: string; hint: string };
  /** The provider's own conditions, shown before signing in. */
  conditions: string[];
  /** Something to know now, with a date or a catch. */
  caution?: { title: string; text: string };
  link?: { key: LinkKey; label: string };
  parallelConnections: number;
  messagesPerConnection: number;
  /** Servers that take mail only from the account that signs in, and from what it may send as. */
  ownSendersOnly?: readonly string[];
  /** What the provider takes, as far as it says so. */
  pace?: Partial<Pace>;
  /** Better advice than the general one, where this provider has a habit of its own. */
  advice: Partial<Record<ProblemCode, string>>;
}

export const providers: Record<ProviderKey, Provider> = {
  microsoft365: {
    key: "microsoft365",
    name: "Microsoft 365",
    summary: "A mailbox of your Microsoft 365 or Exchange Online",
    servers: [{ label: "smtp.office365.com", server: "smtp.office365.com" }],
    port: 587,
    encryption: "starttls",
    user: { label: "Mailbox", hint: "The sign-in name of a licensed mailbox, best one of its own for the relay.", placeholder: "relay@example.com" },
    secret: { label: "Password", hint: "Accounts with a second factor need another way of signing in." },
    conditions: [
      "Sends only as this mailbox, or as addresses it has the “Send as” right for.",
      "3 connections, 30 messages a minute, 10,000 recipients a day. Outtray keeps to all three by itself.",
    ],
    caution: {
      title: "Sign-in with a password is on its way out",
      text: "At the end of December 2026 Microsoft switches it off by default. An administrator can switch it on again for now; tenants created later do not get it. Choose “Sign in with Microsoft” or “As an application” instead.",
    },
    link: { key: "microsoftSmtpAuth", label: "How to allow authenticated SMTP for a mailbox" },
    parallelConnections: 3,
    messagesPerConnection: 30,
    ownSendersOnly: ["smtp.office365.com"],
    pace: { messagesPerMinute: 30, recipientsPerDay: 10_000, recipientsPerMessage: 500 },
    advice: {
      signInRefused: "Wrong password, or the account has a second factor switched on. Sign in to the mailbox in a browser to see which.",
      signInSwitchedOff:
        "In the Microsoft 365 admin centre open the user, then Mail, then Manage email apps, and tick Authenticated SMTP. Security defaults or Conditional Access can also block it.",
      senderRefused: "This mailbox may not send from that address. Grant it “Send as”, or let the device send from the mailbox’s own address.",
      accountBlocked: "The day’s limit is reached, the mailbox is full (empty its Sent Items), or Microsoft has restricted the account.",
    },
  },
  google: {
    key: "google",
    name: "Google Workspace",
    summary: "The relay of Workspace, or one mailbox",
    servers: [
      { label: "Workspace relay (smtp-relay.gmail.com)", server: "smtp-relay.gmail.com" },
      { label: "One mailbox (smtp.gmail.com)", server: "smtp.gmail.com" },
    ],
    port: 587,
    encryption: "starttls",
    user: { label: "Google account", hint: "The full address of the account.", placeholder: "relay@example.com" },
    secret: { label: "App password", hint: "16 letters, made in the Google account. The normal password does not work." },
    conditions: [
      "The account needs 2-step verification; only then can an app password be made.",
      "The relay must be switched on in the Admin console (Gmail, Routing). A mailbox sends only as itself and its aliases.",
    ],
    link: { key: "googleAppPassword", label: "How to make an app password" },
    parallelConnections: 3,
    messagesPerConnection: 100,
    ownSendersOnly: ["smtp.gmail.com"],
    pace: { recipientsPerDay: 10_000, recipientsPerMessage: 100 },
    advice: {
      signInRefused: "Google wants an app password here, not the account’s own password. Make one and paste it without spaces.",
      senderRefused: "The domain of the sender is not registered in this Workspace, or this server’s address is not allowed in the relay’s settings.",
      accountBlocked: "The day’s limit of this account is used up. It is free again after 24 hours.",
    },
  },
  sendgrid: {
    key: "sendgrid",
    name: "SendGrid",
    summary: "Twilio SendGrid with an API key",
    servers: [
      { label: "Global (smtp.sendgrid.net)", server: "smtp.sendgrid.net" },
      { label: "Europe (smtp.eu.sendgrid.net)", server: "smtp.eu.sendgrid.net" },
    ],
    port: 587,
    encryption: "starttls",
    user: { label: "User name", hint: "Always the word apikey; nothing to fill in.", placeholder: "apikey", fixed: "apikey" },
    secret: { label: "API key", hint: "Begins with “SG.” and needs the right to send mail. It is shown only once, when it is made." },
    conditions: ["Senders must be verified: a single address, or better your whole domain.", "How much you may send depends on your plan."],
    link: { key: "sendgridKeys", label: "Open API keys at SendGrid" },
    parallelConnections: 3,
    messagesPerConnection: 100,
    advice: {
      signInRefused: "SendGrid does not know this API key. Copy it again: it begins with “SG.” and is shown only once, when it is made.",
      senderRefused: "This address is not a verified sender at SendGrid. Verify the address or the whole domain there.",
      accountBlocked: "The plan’s messages are used up.",
    },
  },
  ses: {
    key: "ses",
    name: "Amazon SES",
    summary: "Amazon Simple Email Service in one region",
    servers: ["eu-central-1", "eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-west-2", "ap-southeast-2", "ap-northeast-1"].map((region) => ({
      label: region,
      server: `email-smtp.${region}.amazonaws.com`,
    })),
    port: 587,
    encryption: "starttls",
    user: { label: "SMTP user name", hint: "From “SMTP credentials” of SES in this region, not an access key of IAM.", placeholder: "AKIA…" },
    secret: { label: "SMTP password", hint: "Made together with the SMTP user name." },
    conditions: [
      "Sender addresses or domains must be verified in the same region.",
      "A new account is in the sandbox: 200 messages a day, to verified recipients only.",
    ],
    link: { key: "sesCredentials", label: "How to make SMTP credentials" },
    parallelConnections: 3,
    messagesPerConnection: 100,
    pace: { recipientsPerMessage: 50 },
    advice: {
      signInRefused: "These are not SMTP credentials of this region. Keys of IAM and credentials of another region do not work.",
      senderRefused: "This address is not verified in this region, or the account is still in the sandbox.",
    },
  },
  mailgun: {
    key: "mailgun",
    name: "Mailgun",
    summary: "A sending domain at Mailgun, US or EU",
    servers: [
      { label: "US (smtp.mailgun.org)", server: "smtp.mailgun.org" },
      { label: "EU (smtp.eu.mailgun.org)", server: "smtp.eu.mailgun.org" },
    ],
    port: 587,
    encryption: "starttls",
    user: { label: "SMTP user", hint: "Name and sending domain, as shown under Domain settings, SMTP credentials.", placeholder: "relay@mg.example.com" },
    secret: { label: "SMTP password", hint: "Of this SMTP user, not the password of the account." },
    conditions: ["The sending domain must be verified, in the region chosen here.", "A sandbox domain reaches authorised recipients only."],
    link: { key: "mailgunDomains", label: "Open sending domains at Mailgun" },
    parallelConnections: 3,
    messagesPerConnection: 100,
    advice: { signInRefused: "User and password belong to one sending domain and one region. Check both." },
  },
  other: {
    key: "other",
    name: "Another provider",
    summary: "Any server that takes mail by SMTP",
    servers: [],
    port: 587,
    encryption: "starttls",
    user: { label: "User name", hint: "Often the full mail address.", placeholder: "relay@example.com" },
    secret: { label: "Password", hint: "" },
    conditions: ["Ask the provider for server, port and kind of encryption. 587 with STARTTLS is the usual answer, 465 the second."],
    parallelConnections: 3,
    messagesPerConnection: 100,
    advice: {},
  },
};

export const providerOrder: ProviderKey[] = ["microsoft365", "google", "sendgrid", "ses", "mailgun", "other"];

export function providerOf(key: string): Provider {
  return (providers as Partial<Record<string, Provider>>)[key] ?? providers.other;
}

/** As it stands in a sentence: the server's name where the provider has none. */
export function providerName(key: string, server: string): string {
  const provider = providerOf(key);
  return provider.key === "other" ? server : provider.name;
}

/** Whether mail of anybody but the account is refused there. */
export function ownSendersOnly(host: SmartHostSettings): boolean {
  return providerOf(host.provider).ownSendersOnly?.includes(host.server) === true;
}

const timeouts: SmartHostTimeouts = {
  connectSeconds: 30,
  tlsSeconds: 30,
  commandSeconds: 300,
  dataBlockSeconds: 180,
  dataEndSeconds: 600,
  idleSeconds: 10,
};

/** The settings a card stands for, before anything is typed. */
export function preset(key: ProviderKey): SmartHostSettings {
  const provider = providers[key];
  return {
    provider: key,
    server: provider.servers[0]?.server ?? "",
    port: provider.port,
    encryption: provider.encryption,
    signIn: { kind: "password", user: provider.user.fixed ?? "" },
    extraCaFile: null,
    parallelConnections: provider.parallelConnections,
    messagesPerConnection: provider.messagesPerConnection,
    pace: { messagesPerMinute: null, recipientsPerDay: null, recipientsPerMessage: null, ...provider.pace },
    timeouts,
    rewriting: null,
  };
}
