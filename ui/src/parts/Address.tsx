/**
 * A mail address that may be shortened before its @ and never in its domain.
 */
import { splitAddress } from "../words";
import styles from "./Address.module.css";

export function Address({ address, nobody = "" }: { address: string; nobody?: string }) {
  if (address === "") return <span className="quiet">{nobody}</span>;
  const { local, domain } = splitAddress(address);
  return (
    <span className={styles.address} title={address}>
      <span className={styles.local}>{local}</span>
      <span className={styles.domain}>
        {domain.slice(0, 1)}
        <span data-host="">{domain.slice(1)}</span>
      </span>
    </span>
  );
}
