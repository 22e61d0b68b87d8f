/**
 * New pieces of settings, as the engine would fill them in when a file leaves things out.
 */
import type { AccessRule, ListenerEncryption, ListenerSettings } from "./generated/control";

/** Everybody in this network may send, without conditions. */
export function allowing(network: string, name: string, publicOnPurpose = false): AccessRule {
  return {
    network,
    name,
    publicOnPurpose,
    action: "allow",
    requireEncryption: false,
    requireSignIn: false,
    plainSignIn: false,
    senders: [],
    recipients: "any",
    messageBytes: null,
    rate: { messagesPerMinute: null, messagesPerHour: null, messagesPerDay: null, recipientsPerMinute: null, recipientsPerHour: null, recipientsPerDay: null },
    priority: "normal",
    archive: null,
  };
}

export function listener(address: string, port: number, encryption: ListenerEncryption): ListenerSettings {
  return { address, port, encryption, clientCertificates: null, proxies: [] };
}
