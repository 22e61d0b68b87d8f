/**
 * Checks settings as the engine's host does, closely enough for the pages.
 */
import type { Settings, SettingsProblem } from "../generated/control";
import { readNetwork } from "../network";

export function checkSettings(settings: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const wrong = (field: string, value: unknown, what: string, remedy: string) => problems.push({ field, value: String(value), wrong: what, remedy });

  settings.rules.forEach((entry, at) => {
    const field = `rules[${at}].network`;
    const range = readNetwork(entry.network);
    if (!range) {
      wrong(field, entry.network, "this is no address and no subnet", "write 192.168.1.0/24 or 192.168.1.7");
    } else if (range.publicAddresses && entry.action === "allow" && !entry.requireSignIn && !entry.publicOnPurpose) {
      wrong(field, entry.network, "these are public addresses: anyone there could send mail in your name", "use the addresses of your own network");
    } else if (settings.rules.findIndex((other) => other.network === entry.network) < at) {
      wrong(field, entry.network, "this network is in the list already", "remove one of the two");
    }
  });
  settings.rules.forEach(({ archive }, at) => {
    if (archive !== null && !/^[^@\s]+@[^@\s]+$/.test(archive)) wrong(`rules[${at}].archive`, archive, "this is no mail address", "one address, as in `archive@office.example`");
  });
  settings.headers.forEach(({ field, action }, at) => {
    const name = /^[!-9;-~]{1,100}$/;
    if (field !== null && !name.test(field)) wrong(`headers[${at}].field`, field, "this is no name of a header field", "the name without the colon, as in `Subject`");
    if (field === null && (action.kind === "refuse" || action.kind === "hold")) wrong(`headers[${at}].field`, "", "a rule that refuses or holds needs a field: this one fits every message, and no mail would go out", "a field, as in `Subject`, or the action `add` or `remove`");
    const other = action.kind === "add" ? action.field : action.kind === "remove" && field === null ? (action.field ?? "") : null;
    if (other !== null && !name.test(other)) wrong(`headers[${at}].action.field`, other, "this is no name of a header field", "the name without the colon, as in `Subject`");
    else if (other !== null && /^(received|return-path|mime-version|content-.*)$/i.test(other)) wrong(`headers[${at}].action.field`, other, "this field says how the message is to be read and cannot be changed", "another field, as in `X-Organization`");
    if (action.kind === "add" && action.value.trim() === "") wrong(`headers[${at}].action.value`, action.value, "a value is one line of letters that can be seen, 800 octets at most, without a space at its ends", "a text, as in `Muster GmbH`");
  });
  settings.listeners.forEach((listener, at) => {
    if (listener.port < 1 || listener.port > 65_535) wrong(`listeners[${at}].port`, listener.port, "there is no such port", "use a number from 1 to 65535");
  });
  if (settings.certificate.kind === "pem") {
    const { certificateFile, keyFile } = settings.certificate;
    if (!/\.(pem|crt|cer)$/i.test(certificateFile)) wrong("certificate.certificateFile", certificateFile, "there is no such file", "give the path of a PEM file on this machine");
    if (!/\.(pem|key)$/i.test(keyFile)) wrong("certificate.keyFile", keyFile, "there is no such file", "give the path of a PEM file on this machine");
  }
  if (settings.footer?.text.trim() === "" && settings.footer.html.trim() === "") wrong("footer.text", "", "the footer is empty", "some text, some HTML, or no footer");
  const host = settings.smartHost;
  if (host) {
    if (host.server.trim() === "") wrong("smartHost.server", host.server, "no server is given", "write the name your provider tells you");
    else if (!/^[a-z0-9.-]+$/i.test(host.server)) wrong("smartHost.server", host.server, "this is no server name", "write a name such as smtp.example.com");
    if (host.port < 1 || host.port > 65_535) wrong("smartHost.port", host.port, "there is no such port", "587 is the usual one");
    if (host.signIn.kind === "password" && host.signIn.user.trim() === "") wrong("smartHost.signIn.user", "", "no user name is given", "write it as your provider tells you");
    if (host.signIn.kind === "oauth") {
      if (host.signIn.user.trim() === "") wrong("smartHost.signIn.user", "", "no user name is given", "write it as your provider tells you");
      if (host.signIn.clientId.trim() === "") wrong("smartHost.signIn.clientId", "", "this is no application ID", "copy it from where the application is registered");
      if (host.signIn.service.kind === "microsoft365" && host.signIn.service.tenant.trim() === "") wrong("smartHost.signIn.service.tenant", "", "this is no directory", "write the directory (tenant) ID, or a domain of it");
    }
    const senders = host.rewriting?.senders;
    const isAddress = (text: string) => /^[^@\s]+@[^@\s]+$/.test(text);
    if (senders?.kind === "all" && !isAddress(senders.address ?? (host.signIn.kind === "password" || host.signIn.kind === "oauth" ? host.signIn.user : ""))) {
      wrong("smartHost.rewriting.senders.address", senders.address ?? "", "this is no mail address", "one address, as in `mail@office.example`");
    }
    if (senders?.kind === "rows") {
      senders.rows.forEach((row, at) => {
        if (row.from === "") wrong(`smartHost.rewriting.senders.rows[${at}].from`, row.from, "this is neither an address nor a domain", "an address, a domain, or `*` for everybody");
        if (!isAddress(row.to)) wrong(`smartHost.rewriting.senders.rows[${at}].to`, row.to, "this is no mail address", "one address, as in `mail@office.example`");
      });
    }
    if (host.extraCaFile !== null && !/\.(pem|crt|cer)$/i.test(host.extraCaFile)) wrong("smartHost.extraCaFile", host.extraCaFile, "there is no such file", "give the path of a PEM file on this machine");
    if (host.encryption === "none" && host.signIn.kind === "password") wrong("smartHost.encryption", "none", "a password is never sent without encryption", "choose STARTTLS, or no sign-in");
  }
  const known = ["default", ...settings.otherSmartHosts.map(({ name }) => name)];
  settings.otherSmartHosts.forEach((other, at) => {
    const field = `otherSmartHosts[${at}]`;
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(other.name)) wrong(`${field}.name`, other.name, "a name has 1 to 32 letters, digits, `-` or `_`", "a short name, as in `newsletters`");
    else if (known.indexOf(other.name) < at + 1) wrong(`${field}.name`, other.name, "another has this name already", "another name");
    if (!/^[a-z0-9.-]+$/i.test(other.smartHost.server)) wrong(`${field}.smartHost.server`, other.smartHost.server, "this is neither a server name nor an IP address", "the server’s name, as in `smtp.example.com`");
  });
  const via = (field: string, names: readonly string[]) =>
    names.forEach((name, at) => {
      if (!known.includes(name)) wrong(`${field}[${at}]`, name, "there is no smart host of this name", `one of: ${known.join(", ")}`);
    });
  settings.routes.forEach((route, at) => {
    if (route.via.length === 0) wrong(`routes[${at}].via`, "", "no smart host is named", `one of: ${known.join(", ")}`);
    via(`routes[${at}].via`, route.via);
  });
  via("defaultRoute", settings.defaultRoute);
  if (settings.limits.messageBytes < 10_000 || settings.limits.messageBytes > 150_000_000) wrong("limits.messageBytes", settings.limits.messageBytes, "the size is out of range", "choose 1 MB to 150 MB");
  if (settings.limits.recipients < 100) wrong("limits.recipients", settings.limits.recipients, "mail programs may count on 100 recipients", "choose at least 100");
  if (settings.delivery.firstRetrySeconds > settings.delivery.longestRetrySeconds) wrong("delivery.firstRetrySeconds", settings.delivery.firstRetrySeconds, "the first wait is longer than the longest", "choose a shorter one");
  const { copyTo } = settings.reports;
  if (copyTo !== null && !/^[^@\s]+@[^@\s]+$/.test(copyTo)) wrong("reports.copyTo", copyTo, "this is no mail address", "one address, as in admin@office.example");
  if (settings.history.keepDays < 1) wrong("history.keepDays", settings.history.keepDays, "at least one day is kept", "choose 1 or more");
  return problems;
}
