/**
 * What the name servers say of a key, in words.
 */
import type { DkimFound } from "../bridge/generated/control";
import type { Tone } from "./states";

export interface FoundKeyWords {
  tone: Tone;
  title: string;
  advice: string;
  said: string | undefined;
}

export function sayFoundKey(found: DkimFound): FoundKeyWords {
  switch (found.kind) {
    case "published":
      return { tone: "good", title: "It is published", advice: "Receivers find the key that signs.", said: undefined };
    case "notFound":
      return { tone: "warn", title: "It is not published yet", advice: "Put the TXT record into the DNS of the domain. It can take an hour until it is seen everywhere.", said: undefined };
    case "other":
      return { tone: "bad", title: "Something else is published there", advice: "Receivers will take the signature for a forgery or for broken. Put this value in place of the other, or use another selector.", said: found.record };
    case "noAnswer":
      return { tone: "warn", title: "The name servers could not be asked", advice: "This says nothing about the record. Try again later, or look from another machine.", said: found.said };
  }
}
