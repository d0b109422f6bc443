import { randomInt } from "node:crypto";

/** Letters and digits that cannot spell words: apimachinery/pkg/util/rand of Kubernetes. */
const letters = "bcdfghjklmnpqrstvwxz2456789";

/** Five characters, as the real API server appends to a generateName. */
export const randomSuffix = (): string => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");

/** The same letters for a stable hash, as in `pod-template-hash`. */
export function safeHash(text: string): string {
  // FNV-1a, 32 bits, like the real controller; ten digits base 27 would repeat, so the number's own digits are encoded.
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return Array.from(String(hash), (digit) => letters[digit.charCodeAt(0) % letters.length]).join("");
}
