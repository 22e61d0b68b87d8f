/**
 * What the kinds of sign-in have in common.
 */
import type { SignIn, SignInView } from "../bridge/generated/control";
import { exactTime } from "./format";

/** The account mail is sent with; empty where none is named. */
export function userOf(signIn: SignIn | undefined): string {
  return signIn?.kind === "password" || signIn?.kind === "oauth" ? signIn.user : "";
}

/** The account, where it can be a sender. */
export function senderOf(signIn: SignIn | undefined): string {
  const user = userOf(signIn);
  return user.includes("@") ? user : "";
}

/** Whether something has to be in the credential store (`SignIn::wants_secret`). */
export function wantsSecret(signIn: SignIn | undefined): boolean {
  if (signIn?.kind !== "oauth") return signIn?.kind === "password";
  const { grant, service } = signIn;
  if (grant.kind === "clientCredentials" || grant.kind === "jwtBearer") return true;
  return service.kind === "google" || (service.kind === "custom" && service.hasSecret);
}

/** Whether what is stored for one can serve the other: a mailbox's password is no application's secret. */
export function sameSecret(a: SignIn | undefined, b: SignIn | undefined): boolean {
  if (a?.kind !== b?.kind) return false;
  return a?.kind !== "oauth" || b?.kind !== "oauth" || (a.service.kind === b.service.kind && a.grant.kind === b.grant.kind && a.clientId === b.clientId);
}

/** Whether somebody has to sign in with a browser. */
export function wantsSomebody(signIn: SignIn | undefined): boolean {
  return signIn?.kind === "oauth" && (signIn.grant.kind === "deviceCode" || signIn.grant.kind === "authorizationCode");
}

/** How the sign-in stands, as one sentence. */
export function saySignIn(view: SignInView | null): string {
  if (view?.signedIn !== true) return "Nobody has signed in yet.";
  const as = view.account === null ? "Signed in" : `Signed in as ${view.account}`;
  return view.since === null ? `${as}.` : `${as} since ${exactTime(view.since)}.`;
}
