/** Letters and digits that are not mistaken for others on a scanner's small screen. */
const SIGNS = "abcdefghjkmnpqrstuvwxyz23456789";
const LENGTH = 20;

type Bytes = Uint8Array<ArrayBuffer>;

/** A password of about 99 bits. Numbers beyond the last whole multiple of the signs would make some likelier: they are not used. */
export function madeUp(random: (into: Bytes) => Bytes = (into) => crypto.getRandomValues(into)): string {
  const fair = 256 - (256 % SIGNS.length);
  let made = "";
  while (made.length < LENGTH) {
    for (const n of random(new Uint8Array(2 * LENGTH))) if (n < fair && made.length < LENGTH) made += SIGNS[n % SIGNS.length];
  }
  return made;
}
