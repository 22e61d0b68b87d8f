/**
 * Words for taking over from the Windows SMTP service.
 */
import type { ImportPart, LeftMail, SmtpService, TakeOverTrouble } from "../bridge/generated/control";
import { many } from "./format";

export const importPartTitle: Record<ImportPart, string> = {
  provider: "Mail provider",
  senders: "Who may send",
  listening: "Listening",
  messages: "Messages and connections",
  delivery: "Retries and reports",
  other: "Other",
};

export function sayLeftMail({ folder, messages, path, unreadable }: LeftMail): string {
  if (unreadable !== null) return `${path} cannot be looked into by the account Outtray runs as (${unreadable}). Look there as administrator: mail may be left in it.`;
  switch (folder) {
    case "queue":
      return `${many(messages, "message")} still wait in its queue (${path}). They are sent only while it runs. Pause it in IIS Manager first: it takes no more mail then and empties its queue. Or give the port back for a while later.`;
    case "pickup":
      return `${many(messages, "file")} lie in its pickup folder (${path}). They are taken only while it runs, or by Outtray where that is set to take them.`;
    case "badmail":
      return `${many(messages, "message")} that it could not deliver lie in ${path}. They stay there.`;
  }
}

export function saySmtpService(service: SmtpService): string {
  switch (service.kind) {
    case "notInstalled":
      return "not on this machine";
    case "unknown":
      return "on this machine; this account may not ask how it is";
    case "installed":
      return `${service.running ? "running" : "stopped"}, start type ${service.start}`;
  }
}

export function sayNotTakenOver({ wrong, remedy, leftUndone }: TakeOverTrouble): string {
  return [wrong, ...leftUndone, remedy].join(" ");
}
