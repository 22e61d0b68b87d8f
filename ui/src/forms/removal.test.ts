import { describe, expect, it } from "vitest";

import { worldOf } from "../bridge/fake/scenarios";
import { sayRemoval, withoutProvider } from "./removal";

const NOW = Date.parse("2026-11-23T14:30:00Z");
const route = { name: "", senders: ["a@b.example"], recipients: [], clients: [] };

function office() {
  const { snapshot } = worldOf("several-lanes", NOW);
  const draft = {
    ...snapshot.settings.settings,
    defaultRoute: ["default", "Invoices"],
    routes: [
      { ...route, via: ["Invoices", "default"] },
      { ...route, name: "Bills", via: ["Invoices"] },
      { ...route, via: ["default"] },
    ],
  };
  const view = { ...snapshot.settings, secrets: [{ name: "smart-host:Invoices", isSet: true, untilRestart: false }] };
  const lanes = snapshot.otherLanes.map((lane) => ({ ...lane, waiting: lane.name === "Invoices" ? 2 : 0 }));
  return { draft, view, lanes, gone: "Invoices", say: (name: string) => (name === "default" ? "Microsoft 365" : name) };
}

describe("a provider that is removed", () => {
  it("takes along what led to it, and nothing else", () => {
    const left = withoutProvider(office().draft, "Invoices");
    expect(left.otherSmartHosts.map(({ name }) => name)).toEqual(["Alarm backup of the night watch"]);
    expect([left.defaultRoute, ...left.routes.map(({ via }) => via)]).toEqual([["default"], ["default"], [], ["default"]]);
  });

  it("is told before with its mail, its routes, its place and its password", () => {
    expect(sayRemoval(office())).toEqual([
      "2 messages wait for it. None is lost: they go by the routes that are left then, else through Microsoft 365.",
      "Route 1 (mail from a@b.example) then leads to Microsoft 365.",
      "The route “Bills” (mail from a@b.example) names no other provider, and has to be given one or removed before this can be saved.",
      "In the order of providers it no longer stands in: Microsoft 365 is left.",
      "Its stored password is taken out of the credential store; to add it again, the password has to be typed once more.",
    ]);
  });

  it("has nothing to tell when it was never saved", () => {
    expect(sayRemoval({ ...office(), gone: "second" })).toEqual([]);
  });
});
