/**
 * Signing in with a token: the ways that are offered, and the settings they stand for.
 */
import type { SignIn, TokenGrant } from "../bridge/bridge";
import { userOf } from "../words";

export type Oauth = SignIn & { kind: "oauth" };

/** Ways to sign in that the window offers for a provider; more are possible in the settings file. */
export const tokenWays: Record<string, { grant: TokenGrant["kind"]; label: string }[]> = {
  microsoft365: [
    { grant: "deviceCode", label: "Sign in with Microsoft" },
    { grant: "clientCredentials", label: "As an application" },
  ],
  microsoft365Graph: [
    { grant: "clientCredentials", label: "As an application" },
    { grant: "deviceCode", label: "Sign in with Microsoft" },
  ],
  google: [
    { grant: "authorizationCode", label: "Sign in with Google" },
    { grant: "jwtBearer", label: "As a service account" },
  ],
};

/** The settings of such a way; what was typed before stays. */
export function tokenSignIn(provider: string, kind: TokenGrant["kind"], before: SignIn): Oauth {
  const known = before.kind === "oauth" ? before : null;
  const grant: TokenGrant = kind === "clientCredentials" ? { kind, certificateFile: null, secretEnds: known?.grant.kind === kind ? known.grant.secretEnds : null } : { kind };
  const service = provider === "google" ? ({ kind: "google" } as const) : known?.service.kind === "microsoft365" ? known.service : ({ kind: "microsoft365", tenant: "" } as const);
  return { kind: "oauth", user: userOf(before), clientId: known?.clientId ?? "", service, grant, scopes: [] };
}
