/**
 * The Windows SMTP service as the fake engine plays it.
 */
import type { ImportRow, ImportView, TakeOverView } from "../generated/control";
import { allowing, listener } from "../make";
import { defaultSettings } from "./defaults";

const row = (part: ImportRow["part"], fate: ImportRow["fate"], setting: string, was: string, becomes: string, why = "", minor = false): ImportRow => ({ part, fate, setting, was, becomes, why, minor });

const rows: ImportRow[] = [
  row("provider", "carried", "Smart host", "smtp.office365.com", "smtp.office365.com"),
  row("provider", "changed", "Outbound TLS encryption", "on", "STARTTLS, certificate checked", "IIS did not check whose certificate it was. For an office’s own server, add its authority in the settings."),
  row("provider", "changed", "Outbound sign-in", "basic as scan@northwind.example", "scan@northwind.example, with a password", "The password is encrypted for the old service alone and cannot be read: type it again."),
  row("senders", "carried", "Relay restrictions", "only 10.0.0.0/24", "10.0.0.0/24"),
  row("senders", "notCarried", "Relay restrictions", "only 203.0.113.9", "", "A public network: allow it in the next step if it really is the office’s own."),
  row("listening", "carried", "IP address and port", "all unassigned, port 25", "0.0.0.0:25, STARTTLS offered"),
  row("messages", "changed", "Limit message size", "2 MB", "25 MB", "The old default of 2 MB refuses larger scans. Lower it in the settings if it was meant."),
  row("messages", "notCarried", "Limit session size", "10 MB", "", "Outtray limits messages and connections.", true),
  row("messages", "changed", "Maximum hop count", "15", "50", "Today’s mail passes more servers than 15; loops are found all the same.", true),
  row("delivery", "carried", "Retry intervals", "15 minutes, 30 minutes, 1 hour, 4 hours", "first after 15 minutes, then longer each time, at most 4 hours"),
  row("other", "notCarried", "Masquerade domain", "northwind.example", "", "IIS put this domain behind the @ of every sender and left the rest. Outtray can write one whole address instead of others, but no domain alone: set it at the provider (“Mail goes there as from”), or the right sender in each device."),
  row("other", "notCarried", "Pickup folder", "C:\\inetpub\\mailroot\\Pickup", "", "The account Outtray runs as (NT SERVICE\\Outtray) may not change files there. Give it the right with: icacls \"C:\\inetpub\\mailroot\\Pickup\" /grant \"NT SERVICE\\Outtray:(OI)(CI)M\" (in a command prompt opened as administrator), then import again."),
];

export function importOf(service: TakeOverView, name: string | null): ImportView {
  const settings = {
    ...defaultSettings(),
    hostName: "srv-office.northwind.example",
    listeners: [listener("0.0.0.0", 25, "starttls")],
    rules: [allowing("10.0.0.0/24", "")],
  };
  settings.smartHost = {
    provider: "microsoft365",
    server: "smtp.office365.com",
    port: 587,
    encryption: "starttls",
    signIn: { kind: "password", user: "scan@northwind.example" },
    extraCaFile: null,
    parallelConnections: 3,
    pace: { messagesPerMinute: null, recipientsPerDay: null, recipientsPerMessage: null },
    protocol: { kind: "smtp" },
    largestMessage: 36_700_160,
    nullSender: { kind: "account" },
    messagesPerConnection: 20,
    timeouts: { connectSeconds: 30, tlsSeconds: 30, commandSeconds: 300, dataBlockSeconds: 180, dataEndSeconds: 600, idleSeconds: 10 },
    rewriting: null,
  };
  return {
    source: name === null ? { kind: "adsi" } : { kind: "metabase", name },
    servers: [{ number: 1, name: "Default SMTP Virtual Server", rows, settings, needsPassword: true }],
    troubles: [],
    service,
  };
}

export const CLOSED =
  "The SMTP service’s settings could not be read from Windows (adsi: Access is denied.). Only administrators may read them: have them read with an administrator’s rights, or pick MetaBase.xml as a file.";

export function noImport(service: TakeOverView): ImportView {
  return { source: { kind: "nothing" }, servers: [], troubles: [], service };
}
