import { createPrivateKey, generateKeyPair, randomUUID, type KeyObject } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { calculateJwkThumbprint, type JWK } from "jose";
import { z } from "zod";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The issuer's RSA keys. The newest signs; all of them stay published, so that a rotation invalidates no token. */
export interface SigningKeys {
  current(): SigningKey;
  /** The public keys, as the JWKS endpoint returns them. */
  publicKeys(): JWK[];
  rotate(): Promise<void>;
}

const privateJwk = z.object({ kid: z.string(), kty: z.literal("RSA"), n: z.string(), e: z.string(), d: z.string() });
const storeSchema = z.object({ keys: z.array(privateJwk.catchall(z.string())).min(1) });

/**
 * Opens the keys in a JSON file (mode 0600) and creates the first one; ":memory:" stores nothing.
 * Throws if the file exists but is damaged: replacing it silently would invalidate every token.
 */
export async function openSigningKeys(store: string): Promise<SigningKeys> {
  let keys = store === ":memory:" ? [] : await readStore(store);
  const add = async () => {
    const next = [await createKey(), ...keys];
    if (store !== ":memory:") await writeStore(store, next);
    keys = next;
  };
  if (keys.length === 0) await add();
  let turn = Promise.resolve();
  return {
    current: () => {
      const [newest] = keys;
      if (newest === undefined) throw new Error("sign token: there is no key"); // add() above makes one
      return newest;
    },
    publicKeys: () =>
      keys.map(({ kid, privateKey }) => {
        const { kty = "RSA", n = "", e = "" } = privateKey.export({ format: "jwk" });
        return { kid, kty, alg: "RS256", use: "sig", n, e };
      }),
    // One at a time: two concurrent rotations would each drop the other's key.
    rotate: () => (turn = turn.then(add, add)),
  };
}

async function createKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const { kty, n, e } = publicKey.export({ format: "jwk" });
  return { kid: await calculateJwkThumbprint({ kty: kty ?? "", n: n ?? "", e: e ?? "" }), privateKey };
}

async function readStore(store: string): Promise<SigningKey[]> {
  const text = await readFile(store, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  try {
    return storeSchema.parse(JSON.parse(text)).keys.map(({ kid, ...jwk }) => ({
      kid,
      privateKey: createPrivateKey({ key: jwk, format: "jwk" }),
    }));
  } catch {
    // Without the cause: a parser may quote the text, which contains private keys.
    throw new Error(
      `open signing keys: ${store} is damaged (delete it to get a new key; existing tokens become invalid)`,
    );
  }
}

/** Writes to a temporary file and renames it, so that a crash leaves either the old keys or the new ones. */
async function writeStore(store: string, keys: readonly SigningKey[]): Promise<void> {
  const content = { keys: keys.map(({ kid, privateKey }) => ({ kid, ...privateKey.export({ format: "jwk" }) })) };
  await mkdir(dirname(store), { recursive: true });
  const draft = `${store}-${randomUUID()}`;
  await writeFile(draft, JSON.stringify(content, null, 2) + "\n", { mode: 0o600 });
  await rename(draft, store);
}
