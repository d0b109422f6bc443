import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

export interface RealmKeysRules {
  /** Where the issuer publishes its keys. */
  url: string;
  /** How long a key is accepted after the issuer last named it. */
  maxAgeMinutes: number;
}

/** The public keys of an issuer, as it publishes them. */
export interface RealmKeys {
  /** Finds the key of a token. Throws a JOSE error if there is none, and any other error if the issuer does not answer. */
  find: JWTVerifyGetKey;
  /** Why no token can be checked now; null if keys are known. */
  fault(): Promise<string | null>;
}

interface KnownKeys {
  find: JWTVerifyGetKey;
  ids: ReadonlySet<string | undefined>;
  /** When they were asked for. */
  at: number;
}

const answerMilliseconds = 5_000;
/** Made-up key ids cannot make us ask the issuer more often than this. */
const pauseMilliseconds = 1_000;
/** Keys are asked for again after this time, so that one that was removed is soon forgotten. */
const refreshMilliseconds = 5 * 60_000;
/** More than ever wait for a key in good faith: each waits for about a second, with its request in memory. */
const mostWaiting = 1_000;
/** A realm names a few keys of 2 kB each. */
const mostBytes = 256 * 1_024;

/**
 * One cache for all tokens of the realm. A token with an unknown key waits for the next fetch, because its key may be new.
 * All who wait share one fetch, and fetches begin at least a second apart. While the issuer is away, the keys that it named
 * last are used until they reach their maximum age.
 */
export function realmKeys({ url, maxAgeMinutes }: RealmKeysRules, get: typeof fetch = fetch): RealmKeys {
  const maxAge = maxAgeMinutes * 60_000;
  const refreshAge = Math.min(maxAge / 2, refreshMilliseconds);
  let known: KnownKeys | undefined;
  let fault: Error | undefined;
  let lastStart = -Infinity;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let waiting = 0;

  const age = () => (known ? performance.now() - known.at : Infinity);

  async function fetchKeys(): Promise<void> {
    const at = (lastStart = performance.now());
    try {
      const signal = AbortSignal.timeout(answerMilliseconds);
      const response = await get(url, { headers: { accept: "application/json" }, redirect: "manual", signal });
      if (response.status !== 200) throw new Error(`the issuer answered ${response.status}`);
      const set = JSON.parse(await readText(response, mostBytes)) as JSONWebKeySet;
      if (!Array.isArray(set.keys) || set.keys.length === 0) throw new Error("the issuer named no key");
      known = { find: createLocalJWKSet(set), ids: new Set(set.keys.map(({ kid }) => kid)), at };
      fault = undefined;
    } catch (error) {
      fault = error as Error;
      throw error;
    }
  }

  /** A fetch that begins after this call: the answer of one that runs already may be older than the key in question. */
  function nextFetch(): Promise<void> {
    const prepare = async () => {
      try {
        await running;
        const pause = lastStart + pauseMilliseconds - performance.now();
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      } finally {
        next = undefined;
      }
      running = fetchKeys();
      try {
        await running;
      } finally {
        running = undefined;
      }
    };
    return (next ??= prepare());
  }

  const anyFetch = () => running ?? nextFetch();

  async function waitFor(fetching: () => Promise<void>): Promise<void> {
    if (waiting >= mostWaiting) throw new Error("too many requests wait for the issuer's keys");
    waiting += 1;
    try {
      await fetching();
    } finally {
      waiting -= 1;
    }
  }

  async function currentKeys(): Promise<KnownKeys> {
    if (age() > refreshAge) {
      // Nobody waits for an issuer that did not answer last time, as long as its keys are good.
      if (fault && age() <= maxAge) anyFetch().catch(() => undefined);
      else await waitFor(anyFetch).catch(() => undefined);
    }
    if (!known || age() > maxAge) throw fault ?? new Error("the issuer's keys are not known");
    return known;
  }

  return {
    async find(header, token) {
      const keys = await currentKeys();
      if (typeof header.kid !== "string" || keys.ids.has(header.kid)) return keys.find(header, token);
      await waitFor(nextFetch);
      return (await currentKeys()).find(header, token);
    },
    async fault() {
      const mayFetch = running ?? performance.now() >= lastStart + pauseMilliseconds;
      if (age() > maxAge && mayFetch) await waitFor(anyFetch).catch(() => undefined);
      if (age() <= maxAge) return null;
      return `the issuer's keys cannot be fetched: ${fault?.message ?? "it has not answered yet"}`;
    },
  };
}

/** Reads no more than `most` bytes into memory, whatever is sent. */
async function readText(response: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > most) throw new Error(`the issuer's answer has more than ${most} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
