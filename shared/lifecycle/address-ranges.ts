/** The addresses of a range without those of other ranges. */
export interface Addresses {
  family: 4 | 6;
  first: bigint;
  last: bigint;
  except: readonly Range[];
  has(address: bigint, family: 4 | 6): boolean;
}

interface Range {
  family: 4 | 6;
  first: bigint;
  last: bigint;
}

/** Reads an ipBlock of a NetworkPolicy; null if it cannot be read. */
export function addressesOf({ cidr, except }: { cidr: string; except: readonly string[] }): Addresses | null {
  const range = rangeOf(cidr);
  if (!range) return null;
  // An exception that cannot be read takes nothing away.
  const without = except.map(rangeOf).filter((each) => each !== null);
  return {
    ...range,
    except: without,
    has: (address, family) => within(range, address, family) && !without.some((each) => within(each, address, family)),
  };
}

/** What a rule without peers is about, besides pods. */
export const everyAddress: readonly (Addresses | null)[] = ["0.0.0.0/0", "::/0"].map((cidr) =>
  addressesOf({ cidr, except: [] }),
);

/** Addresses of the range: if any of it is in none of the others, one of these is. */
export function representatives(range: Addresses, others: readonly Addresses[]): bigint[] {
  const bounds = [range, ...range.except, ...others, ...others.flatMap(({ except }) => except)];
  const starts = bounds.flatMap(({ first, last }) => [first, last + 1n]);
  return [...new Set(starts)].filter((address) => range.has(address, range.family));
}

function within({ family, first, last }: Range, address: bigint, of: 4 | 6): boolean {
  return family === of && first <= address && address <= last;
}

function rangeOf(cidr: string): Range | null {
  const [, text = "", digits = ""] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(cidr) ?? [];
  const family = text.includes(":") ? 6 : 4;
  const width = family === 6 ? 128 : 32;
  const address = family === 6 ? parseV6(text) : parseV4(text);
  const bits = Number(digits);
  if (address === null || bits > width || digits === "") return null;
  const size = 1n << BigInt(width - bits);
  const first = address - (address % size);
  return { family, first, last: first + size - 1n };
}

function parseV4(text: string): bigint | null {
  const octets = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split(".").map(Number) : [];
  if (octets.length !== 4 || octets.some((octet) => octet > 255)) return null;
  return octets.reduce((all, octet) => all * 256n + BigInt(octet), 0n);
}

/** The URL standard's parser gives the canonical form, without IPv4 parts: only its `::` is left to fill in. */
function parseV6(text: string): bigint | null {
  if (!URL.canParse(`http://[${text}]`)) return null;
  const [before = "", after] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const head = groups(before);
  const tail = groups(after);
  const middle = Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...middle, ...tail].reduce((all, group) => all * 65_536n + BigInt(`0x${group}`), 0n);
}
