/**
 * The only door to Rust, as the rest of the window sees it.
 *
 * Two of it exist: `tauri.ts`, the real one, and `fake/`, an engine played in the browser.
 */
import type { Answer, Event, OpeningView, Request } from "./generated/control";

export type * from "./generated/control";

/** The number of the contract this window was built for (`control::CONTRACT`). */
export const CONTRACT = 1;

declare const __OUTTRAY_VERSION__: string;

/** This window's own version, from Cargo.toml. */
export const VERSION = __OUTTRAY_VERSION__;

/** Whether the engine can be reached. */
export type Link = "connecting" | "connected" | "lost";

/** Why it cannot (`Reason` in src-tauri/src/link.rs). */
export type LostReason = "gone" | "restarting" | "busy" | "serviceStopped" | "notAllowed" | "moving" | "failed";

export interface Connection {
  state: Link;
  reason: LostReason | null;
  /** In the system's words. */
  why: string | null;
  /** Whether the engine runs as a service, could, or cannot. */
  service: "installed" | "offered" | "none";
  /** Whether an administrator can let this account look at the service. */
  canBeLetIn?: boolean;
}

/** What is being done while mail moves into the service, or back (`Step` in src-tauri/src/service/moving.rs). */
export type MovingStep = "stopping" | "asking" | "attaching" | "handingOver" | "takingBack";

/** How it ended; a failure is an exception with a sentence. */
export type Moved = { kind: "done"; passwordMissing: boolean } | { kind: "cancelled" };

/** What the tray asks of the window (`Wanted` in src-tauri/src/call.rs). */
export type Wanted = "sendTest";

export type Stop = () => void;

export interface Bridge {
  /** Rejects only when the engine cannot be reached at all. */
  call(request: Request): Promise<Answer>;
  onEvent(listener: (event: Event) => void): Stop;
  /** Tells the present state at once, then each change. */
  onLink(listener: (connection: Connection) => void): Stop;
  /** Tells what the tray wants, each wish once; one from before this window was drawn as well. */
  onWish(listener: (wanted: Wanted) => void): Stop;
  /** Moves everything into the service, or back; the system asks for an administrator. */
  keepSending(on: boolean, onStep: (step: MovingStep) => void): Promise<Moved>;
  /** Starts the service that stands still; false when the person said no to the system's question. */
  startService(): Promise<boolean>;
  /** Has the firewall let devices of these networks in; the system asks for an administrator; false when the person said no. */
  openFirewall(opening: OpeningView): Promise<boolean>;
  /** Lets this account look at the service, likewise. */
  letIn(): Promise<boolean>;
  /** Ends the engine and starts it again, our own or the service's; false when the person said no to the system's question. */
  restart(): Promise<boolean>;
  /**
   * Stops and disables the Windows SMTP service and opens the ports of the settings in force in its place, or the way
   * back; for an engine that may not. The system asks for an administrator; false when the person said no.
   */
  takeOver(on: boolean): Promise<boolean>;
  /** An administrator reads what the Windows SMTP service is set to, and tells the engine; false when the person said no. */
  readWindowsSmtp(): Promise<boolean>;
  /** Hands the file to the system's own way of saving a download. */
  saveFile(name: string, type: string, pieces: BlobPart[]): void;
  /** Opens one of our own links in the system's browser; false when that is not possible. */
  openExternal(key: LinkKey): Promise<boolean>;
}

/** Pages the window may open. Nothing else can be opened: a text from a mail never becomes a link. */
export const LINKS = {
  microsoftSmtpAuth:
    "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission",
  microsoftDevice: "https://microsoft.com/devicelogin",
  microsoftDeviceToo: "https://login.microsoft.com/device",
  googleAppPassword: "https://support.google.com/accounts/answer/185833",
  googleRelay: "https://support.google.com/a/answer/2956491",
  sendgridKeys: "https://app.sendgrid.com/settings/api_keys",
  sesCredentials: "https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html",
  mailgunDomains: "https://app.mailgun.com/mg/sending/domains",
} as const;

export type LinkKey = keyof typeof LINKS;

/** A download as any browser does it; both WebViews hand it to the system. */
export function saveAsDownload(name: string, type: string, pieces: BlobPart[]): void {
  const address = URL.createObjectURL(new Blob(pieces, { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The WebView reads the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
