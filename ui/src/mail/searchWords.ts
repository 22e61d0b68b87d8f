/**
 * The word of a search that names a device.
 */
const CLIENT = /(^|\s)client:(\S*)/;

/** Empty: the search names none. */
export function clientIn(text: string): string {
  return CLIENT.exec(text)?.[2] ?? "";
}

/** The search with this device in place of the one it names; without any for an empty one. */
export function withClient(text: string, client: string): string {
  const rest = text.replace(CLIENT, "").trim();
  return client === "" ? rest : `${rest} client:${client}`.trim();
}
