/**
 * The table of providers as the forms use it, and the settings a card stands for.
 */
import type { Pace, Provider, SmartHostSettings, SmartHostTimeouts } from "../bridge/generated/control";
import { providerTable } from "../bridge/generated/providers";
import { tokenSignIn, tokenWays } from "./tokenWays";

export type { Provider } from "../bridge/generated/control";

const OTHER = "other";

/** Those to choose from first, and the rest. */
export const usualProviders = providerTable.filter((each) => each.more !== true);
export const moreProviders = providerTable.filter((each) => each.more === true);

export function providerOf(key: string): Provider {
  const found = providerTable.find((each) => each.key === key) ?? providerTable.find((each) => each.key === OTHER);
  if (!found) throw new Error("The table of providers has lost those it does not know.");
  return found;
}

/** As it stands in a sentence: the server's name where the provider has none. */
export function providerName(key: string, server: string): string {
  const provider = providerOf(key);
  return provider.key === OTHER ? server : provider.name;
}

/** Whether mail of anybody but the account is refused there. */
export function ownSendersOnly(host: SmartHostSettings): boolean {
  return providerOf(host.provider).ownSendersOnly?.includes(host.server) === true;
}

/** What a server of it takes. */
export function paceOf(provider: Provider, server: string): Pace {
  const pace = provider.servers.find((each) => each.server === server)?.pace ?? provider.pace;
  return pace ?? { messagesPerMinute: null, recipientsPerDay: null, recipientsPerMessage: null };
}

export const usualTimeouts: SmartHostTimeouts = {
  connectSeconds: 30,
  tlsSeconds: 30,
  commandSeconds: 300,
  dataBlockSeconds: 180,
  dataEndSeconds: 600,
  idleSeconds: 10,
};

function usualSignIn({ key, signIn, user }: Provider): SmartHostSettings["signIn"] {
  const grant = tokenWays[key]?.[0]?.grant;
  if (signIn[0] === "oauth" && grant !== undefined) return tokenSignIn(key, grant, { kind: "none" });
  return signIn[0] === "none" ? { kind: "none" } : { kind: "password", user: user.fixed ?? "" };
}

/** The settings a card stands for, before anything is typed. */
export function preset(key: string): SmartHostSettings {
  const provider = providerOf(key);
  const server = provider.servers[0]?.server ?? "";
  return {
    provider: provider.key,
    server,
    port: provider.port,
    encryption: provider.encryption,
    protocol: provider.protocol === "microsoftGraph" ? { kind: "microsoftGraph", perSender: false } : { kind: "smtp" },
    signIn: usualSignIn(provider),
    extraCaFile: null,
    parallelConnections: provider.parallelConnections,
    messagesPerConnection: provider.messagesPerConnection,
    pace: paceOf(provider, server),
    largestMessage: provider.largestMessage ?? null,
    nullSender: { kind: provider.nullSender ?? "asItIs" },
    timeouts: usualTimeouts,
    rewriting: null,
  };
}
