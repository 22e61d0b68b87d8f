/**
 * What goes along when a provider is removed: routes and orders that name it, what is kept for it, the mail that waits for it.
 *
 * In: the settings being changed, those in force, the lanes. Out: the settings without it, and what to say before it is done.
 */
import type { LaneView, Settings, SettingsView } from "../bridge/bridge";
import { many, sayRoute, USUAL } from "../words";
import { SECRET } from "./SignInForm";

/** The settings without it; what led to it leads to those that are left. */
export function withoutProvider(settings: Settings, gone: string): Settings {
  const without = (names: string[]) => names.filter((name) => name !== gone);
  return {
    ...settings,
    otherSmartHosts: settings.otherSmartHosts.filter(({ name }) => name !== gone),
    defaultRoute: without(settings.defaultRoute),
    routes: settings.routes.map((route) => ({ ...route, via: without(route.via) })),
  };
}

interface Removal {
  draft: Settings;
  view: SettingsView;
  lanes: readonly LaneView[];
  gone: string;
  /** What a provider is called on the page. */
  say(name: string): string;
}

/** Sentences: what is lost or changed. Empty for one that was never saved and is named nowhere. */
export function sayRemoval({ draft, view, lanes, gone, say }: Removal): string[] {
  const left = withoutProvider(draft, gone);
  const usual = left.defaultRoute[0] ?? USUAL;
  const said: string[] = [];
  const waiting = lanes.find(({ name }) => name === gone)?.waiting ?? 0;
  if (waiting > 0) said.push(`${many(waiting, "message waits", "messages wait")} for it. None is lost: ${waiting === 1 ? "it goes" : "they go"} by the routes that are left then, else through ${say(usual)}.`);
  const routes = draft.routes.flatMap((route, at) => (route.via.includes(gone) ? [{ route, at, via: left.routes[at]?.via ?? [] }] : []));
  for (const { route, at, via } of routes) {
    const name = route.name === "" ? `Route ${at + 1}` : `The route “${route.name}”`;
    said.push(`${name} (${sayRoute(route)}) ${via.length === 0 ? "names no other provider, and has to be given one or removed before this can be saved" : `then leads to ${via.map(say).join(", else ")}`}.`);
  }
  if (draft.defaultRoute.includes(gone)) said.push(`In the order of providers it no longer stands in: ${(left.defaultRoute.length === 0 ? [USUAL] : left.defaultRoute).map(say).join(", else ")} ${left.defaultRoute.length < 2 ? "is" : "are"} left.`);
  const secret = view.secrets.some(({ name, isSet }) => name === `${SECRET}:${gone}` && isSet);
  const signedIn = view.otherSignIns.some(({ name }) => name === gone);
  if (secret || signedIn) said.push(`Its stored ${secret ? (signedIn ? "password and sign-in are" : "password is") : "sign-in is"} taken out of the credential store; to add it again, ${secret ? "the password has to be typed" : "somebody has to sign in"} once more.`);
  return said;
}
