/**
 * A mail address that may be shortened before its @ and never in its domain.
 */
import { splitAddress } from "../words";
import styles from "./Address.module.css";

/** A name so short is not worth shortening. */
const SHORT = 5;

export function Address({ address, nobody = "" }: { address: string; nobody?: string }) {
  if (address === "")
    return (
      <span className={`quiet ${styles.local}`} data-local="long">
        {nobody}
      </span>
    );
  const { local, domain } = splitAddress(address);
  return (
    <span className={styles.address} title={address} data-address="">
      <span className={styles.local} data-local={local.length > SHORT ? "long" : "short"}>
        {local}
      </span>
      <span className={styles.domain} data-domain="">
        {domain}
      </span>
    </span>
  );
}
