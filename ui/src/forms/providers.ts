/**
 * The table of providers as the forms use it, and the settings a card stands for.
 */
import type { Pace, Provider, SmartHostSettings, SmartHostTimeouts } from "../bridge/generated/control";
import { providerTable } from "../bridge/generated/providers";

export type { Provider } from "../bridge/generated/control";

const OTHER = "other";
const unknown = providerTable.find((each) => each.key === OTHER) ?? providerTable[0]!;

/** Those to choose from first, and the rest. */
export const usualProviders = providerTable.filter((each) => each.more !== true);
export const moreProviders = providerTable.filter((each) => each.more === true);

export function providerOf(key: string): Provider {
  return providerTable.find((each) => each.key === key) ?? unknown;
}

/** As it stands in a sentence: the server's name where the provider has none. */
export function providerName(key: string, server: string): string {
  const provider = providerOf(key);
  return provider.key === OTHER ? server : provider.name;
}

/** What a server of it takes. */
export function paceOf(provider: Provider, server: string): Pace {
  const pace = provider.servers.find((each) => each.server === server)?.pace ?? provider.pace;
  return pace ?? { messagesPerMinute: null, recipientsPerDay: null, recipientsPerMessage: null };
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
export function preset(key: string): SmartHostSettings {
  const provider = providerOf(key);
  const server = provider.servers[0]?.server ?? "";
  return {
    provider: provider.key,
    server,
    port: provider.port,
    encryption: provider.encryption,
    signIn: provider.signIn[0] === "none" ? { kind: "none" } : { kind: "password", user: provider.user.fixed ?? "" },
    extraCaFile: null,
    parallelConnections: provider.parallelConnections,
    messagesPerConnection: provider.messagesPerConnection,
    pace: paceOf(provider, server),
    largestMessage: provider.largestMessage ?? null,
    nullSender: { kind: provider.nullSender ?? "asItIs" },
    timeouts,
  };
}
