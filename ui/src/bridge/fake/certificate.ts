/**
 * What devices see when they encrypt, as the engine tells it for these settings.
 */
import type { CertificateView, Settings } from "../generated/control";

export function certificateShown({ certificate, listeners }: Settings): CertificateView | null {
  if (listeners.every(({ encryption }) => encryption === "plain")) return null;
  const own = certificate.kind === "selfSigned";
  return {
    own,
    names: own ? ["srv-office", "localhost", "10.0.0.5", "fd12:3456:789a::5"] : ["relay.northwind.example"],
    issuer: own ? "CN=srv-office, O=Outtray (made by itself)" : "C=US, O=Northwind, CN=Northwind Issuing CA 1",
    lastDay: own ? "2029-02-26" : "2027-06-30",
    fingerprint: own
      ? "5E:2A:90:1C:7B:44:D3:08:6F:E1:B9:3D:52:A7:0C:88:F4:19:6B:DE:23:95:C0:7A:41:8E:F6:0B:D7:32:A9:5C"
      : "A1:07:3C:F8:52:9E:6D:14:B0:E5:27:C9:48:8B:D2:61:3F:70:AC:95:0E:D8:4B:12:76:FA:83:C1:5D:29:E4:60",
    pem: "-----BEGIN CERTIFICATE-----\nbm90IGEgcmVhbCBvbmU=\n-----END CERTIFICATE-----\n",
  };
}
