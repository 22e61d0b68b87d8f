import { describe, expect, it } from "vitest";

import type { SignIn, SignInView } from "../bridge/generated/control";
import { sameSecret, saySignIn, senderOf, userOf, wantsSecret, wantsSomebody } from "./signIn";

const oauth = (service: (SignIn & { kind: "oauth" })["service"], grant: (SignIn & { kind: "oauth" })["grant"]): SignIn => ({ kind: "oauth", user: "ann@a.example", clientId: "app", service, grant, scopes: [] });
const microsoft = { kind: "microsoft365", tenant: "a.example" } as const;
const view: SignInView = { account: null, signedIn: false, tokenUntil: null, since: null, untilRestart: false, problem: null, waiting: null };

describe("a sign-in", () => {
  it("names its account, which is a sender only as an address", () => {
    expect([userOf(undefined), userOf({ kind: "none" }), userOf({ kind: "password", user: "apikey" })]).toEqual(["", "", "apikey"]);
    expect([senderOf({ kind: "password", user: "apikey" }), senderOf(oauth(microsoft, { kind: "deviceCode" }))]).toEqual(["", "ann@a.example"]);
  });

  it("wants a secret, somebody, or neither", () => {
    const rows: [SignIn | undefined, boolean, boolean][] = [
      [undefined, false, false],
      [{ kind: "none" }, false, false],
      [{ kind: "password", user: "a" }, true, false],
      [{ kind: "certificate", certificateFile: "a", keyFile: "b" }, false, false],
      [oauth(microsoft, { kind: "deviceCode" }), false, true],
      [oauth(microsoft, { kind: "clientCredentials", certificateFile: null, secretEnds: null }), true, false],
      [oauth({ kind: "google" }, { kind: "authorizationCode" }), true, true],
      [oauth({ kind: "google" }, { kind: "jwtBearer" }), true, false],
      [oauth({ kind: "custom", token: "https://a.example", authorize: null, device: null, hasSecret: false }, { kind: "deviceCode" }), false, true],
      [oauth({ kind: "custom", token: "https://a.example", authorize: null, device: null, hasSecret: true }, { kind: "deviceCode" }), true, true],
    ];
    for (const [signIn, secret, somebody] of rows) expect([wantsSecret(signIn), wantsSomebody(signIn)], JSON.stringify(signIn)).toEqual([secret, somebody]);
  });

  it("never takes a stored secret for another", () => {
    const application = oauth(microsoft, { kind: "clientCredentials", certificateFile: null, secretEnds: null });
    expect(sameSecret({ kind: "password", user: "a" }, { kind: "password", user: "b" })).toBe(true);
    expect(sameSecret(application, structuredClone(application))).toBe(true);
    expect(sameSecret({ kind: "password", user: "ann@a.example" }, application)).toBe(false);
    expect(sameSecret(application, { ...application, clientId: "other" } as SignIn)).toBe(false);
    expect(sameSecret(undefined, application)).toBe(false);
  });

  it("is told in one sentence", () => {
    expect(saySignIn(null)).toBe("Nobody has signed in yet.");
    expect(saySignIn(view)).toBe("Nobody has signed in yet.");
    expect(saySignIn({ ...view, signedIn: true })).toBe("Signed in.");
    expect(saySignIn({ ...view, signedIn: true, account: "ann@a.example", since: 0 })).toMatch(/^Signed in as ann@a\.example since .+\.$/);
  });
});
