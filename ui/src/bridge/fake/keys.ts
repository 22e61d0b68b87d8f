/**
 * Keys that sign mail, played: their public halves are always the same.
 */
import type { Answer, DkimAlgorithm, DkimKeyView } from "../generated/control";

export interface FakeKey {
  algorithm: DkimAlgorithm;
  untilRestart: boolean;
}

interface Named {
  domain: string;
  selector: string;
}

const RSA = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuK0t8wYxZq2nV7pXbE4mJ1hQyRkD3sLfGvT9oCcWzNi5UeHa6BPMxrYkOq8dVjSgI2w7lTnFZ0cKpEuXbQmRyhA1LtJvDsGfN3oWiCzPe9MHxUB6kYrqSgVaTjOdI5w2l7nFZ8cKpXuEbQmyRhA1tLJvsDGfo3NWiCPze9HMxBU6krYqgSVajTdO5Iw2lnF7Zc8KpuXEbmQyRh1AtLvJsGDf3oNWCizP9eMHUxB6kYrqSVgaTOjdI5wl2nF7Z8cKuXpEbQmRyAh1tLJDvsGfo3WNiCPze9QIDAQAB";
const ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

export function keyName({ domain, selector }: Named): string {
  return `dkim.${selector}.${domain}`;
}

export function badKeyName({ domain }: Named): Answer | null {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) ? null : { kind: "refused", refused: { why: "badValue", field: "domain", said: "this is no domain" } };
}

export function keyView({ domain, selector }: Named, key: FakeKey | undefined): DkimKeyView {
  const recordName = `${selector}._domainkey.${domain}`;
  if (key === undefined) return { domain, selector, recordName, key: null };
  const record = `v=DKIM1; k=${key.algorithm}; p=${key.algorithm === "rsa" ? RSA : ED25519}`;
  const strings = record.match(/.{1,255}/g) ?? [];
  return { domain, selector, recordName, key: { ...key, record, zoneLine: `${recordName}. IN TXT ( ${strings.map((string) => `"${string}"`).join(" ")} )` } };
}
