import { describe, expect, it } from "vitest";

import { LINKS } from "../bridge/bridge";
import { moreProviders, paceOf, preset, providerOf, usualProviders } from "./providers";
import { tokenWays } from "./tokenWays";

const all = [...usualProviders, ...moreProviders];

describe("the table of providers", () => {
  it("names links that the window can open, and ways to sign in that it has", () => {
    const without = all.filter(({ link, signIn, key }) => (link !== undefined && !(link.key in LINKS)) || signIn.includes("oauth") !== key in tokenWays);
    expect(without.map(({ key }) => key)).toEqual([]);
    expect(all.some(({ link }) => link !== undefined)).toBe(true);
  });

  it("becomes settings with the pace, the size and the sender of reports of that provider", () => {
    const microsoft = preset("microsoft365");
    expect([microsoft.pace.messagesPerMinute, microsoft.largestMessage, microsoft.nullSender.kind]).toEqual([30, 36_700_160, "account"]);
    expect(preset("microsoft365Connector").signIn).toEqual({ kind: "none" });
    const graph = preset("microsoft365Graph");
    expect([graph.protocol.kind, graph.signIn.kind, graph.port]).toEqual(["microsoftGraph", "oauth", 443]);
    expect([preset("sendgrid").signIn, preset("sendgrid").nullSender.kind]).toEqual([{ kind: "password", user: "apikey" }, "asItIs"]);
  });

  it("knows that one server takes less than another", () => {
    const google = providerOf("google");
    expect([paceOf(google, "smtp-relay.gmail.com").recipientsPerDay, paceOf(google, "smtp.gmail.com").recipientsPerDay]).toEqual([10_000, 2000]);
  });

  it("is somebody else’s for a key it does not have", () => {
    expect(providerOf("yahoo").key).toBe("other");
  });
});
