/**
 * The certificate that devices see at this moment, to compare with what a device says, and to save for devices that check.
 */
import { Button } from "@fluentui/react-components";
import { ArrowDownload20Regular } from "@fluentui/react-icons";

import type { CertificateView } from "../bridge/bridge";
import { useDesktop } from "../live/provider";
import { day } from "../words";
import { CopyButton } from "./CopyButton";
import styles from "./forms.module.css";

export function CertificateShown({ certificate }: { certificate: CertificateView }) {
  const { saveFile } = useDesktop();
  return (
    <div className={styles.shown}>
      <dl>
        <dt>Devices see now</dt>
        <dd>{certificate.own ? "made by Outtray" : `issued by ${certificate.issuer}`}</dd>
        <dt>For</dt>
        <dd>{certificate.names.join(", ") || "no name"}</dd>
        <dt>Until</dt>
        <dd>
          {day(certificate.lastDay)}
          {certificate.own && ". A new one is made before."}
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <code>{certificate.fingerprint}</code> <span className="quiet">SHA-256</span>
        </dd>
      </dl>
      <p className="quiet">A device that checks certificates wants this one in its list of trusted ones, and must connect by one of the names above.</p>
      <div className={styles.shownActs}>
        <Button icon={<ArrowDownload20Regular />} onClick={() => saveFile("outtray-certificate.pem", "application/x-pem-file", [certificate.pem])}>
          Save for a device
        </Button>
        <CopyButton appearance="subtle" text={certificate.fingerprint} label="Copy the fingerprint" />
      </div>
    </div>
  );
}
