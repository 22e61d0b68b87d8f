/**
 * Words for a port where devices should be able to connect and cannot.
 */
import type { ListenerView } from "../bridge/generated/control";
import type { ProblemWords } from "./problems";

/** Those that are not open; IPv4 and IPv6 of one port with the same trouble are one. */
export function closedListeners(listeners: readonly ListenerView[]): ListenerView[] {
  const closed = listeners.filter((listener) => listener.problem);
  const alike = (a: ListenerView, b: ListenerView) => a.port === b.port && isEverywhere(a.address) && isEverywhere(b.address) && a.problem?.code === b.problem?.code;
  return closed.filter((listener, at) => closed.findIndex((other) => alike(other, listener)) === at || !isEverywhere(listener.address));
}

/** A listener that is not open: what is wrong there, and what to do. */
export function sayListener({ address, port, problem }: Pick<ListenerView, "address" | "port" | "problem">): ProblemWords {
  const where = address === "::" ? `Port ${port} by IPv6` : isEverywhere(address) ? `Port ${port}` : `Port ${port} on ${address}`;
  const remedy = "openListening";
  switch (problem?.code) {
    case "portTaken": {
      // The engine names the program where the system tells it, else only the port again.
      const named = problem.subject !== undefined && problem.subject !== String(port);
      return {
        title: `${where} is in use by ${named ? problem.subject : "another program"}.`,
        advice: "Devices cannot connect there. Stop that program and try again, or listen on another port.",
        remedy,
      };
    }
    case "portForbidden":
      return { title: `The system does not let Outtray listen on port ${port}.`, advice: "It is reserved, or needs more rights. Choose another port, 2525 for example.", remedy };
    case "addressNotHere":
      return { title: `${address} is not an address of this machine.`, advice: `Devices cannot connect to port ${port} there. The machine’s address may have changed: choose another one.`, remedy };
    default:
      return { title: `${where} could not be opened.`, advice: "Devices cannot connect there. The system’s own words say why.", remedy };
  }
}

function isEverywhere(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
