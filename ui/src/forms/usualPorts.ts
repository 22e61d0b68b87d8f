/**
 * The usual ports on all addresses: one line a port on the page, one listener for IPv4 and one for IPv6 in the settings.
 *
 * The engine binds `::` to IPv6 alone, so both stand beside each other. They go together as long as they are alike; one that
 * was made otherwise by hand stands by itself.
 */
import type { ListenerEncryption, ListenerSettings, MachineView } from "../bridge/bridge";
import { listener } from "../bridge/make";

export const USUAL_PORTS: readonly number[] = [25, 587, 465, 2525];
const EVERYWHERE = "0.0.0.0";
const EVERYWHERE_V6 = "::";

export function usualEncryption(port: number): ListenerEncryption {
  return port === 465 ? "implicit" : "starttls";
}

/** Where devices find this machine by IPv6; an address of its own card only is none. */
export function hasIpv6(machine: MachineView | null): boolean {
  return machine?.networks.some(({ address }) => address.includes(":")) === true;
}

/** As it is proposed. */
export function usualListeners(port: number, byIpv6: boolean): ListenerSettings[] {
  const usual = listener(EVERYWHERE, port, usualEncryption(port));
  return byIpv6 ? [usual, { ...usual, address: EVERYWHERE_V6 }] : [usual];
}

interface UsualPlaces {
  /** Among the listeners; -1: nobody listens there. */
  at: number;
  /** Its like for IPv6. */
  twin: number;
}

export function placesOf(listeners: readonly ListenerSettings[], port: number): UsualPlaces {
  const at = listeners.findIndex((each) => each.address === EVERYWHERE && each.port === port);
  const usual = listeners[at];
  const twin = usual === undefined ? -1 : listeners.findIndex((each) => JSON.stringify({ ...each, address: EVERYWHERE }) === JSON.stringify({ ...usual, address: EVERYWHERE }) && each.address === EVERYWHERE_V6);
  return { at, twin };
}

/** Those that have a line of their own. */
export function otherListeners(listeners: readonly ListenerSettings[]): { listener: ListenerSettings; at: number }[] {
  const usual = new Set(USUAL_PORTS.flatMap((port) => Object.values(placesOf(listeners, port))));
  return listeners.map((each, at) => ({ listener: each, at })).filter(({ at }) => !usual.has(at));
}

/** With the port as `next` says it, by IPv6 too or not; without it when there is no next. */
export function withUsualPort(listeners: readonly ListenerSettings[], port: number, next: ListenerSettings | null, byIpv6: boolean): ListenerSettings[] {
  const { at, twin } = placesOf(listeners, port);
  const put = next === null ? [] : byIpv6 ? [next, { ...next, address: EVERYWHERE_V6 }] : [next];
  if (at < 0) return [...listeners, ...put];
  return listeners.flatMap((each, place) => (place === at ? put : place === twin ? [] : [each]));
}
