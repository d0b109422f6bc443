/**
 * `npm run -s new-key -- FILE` makes the key of a client in Keycloak. FILE gets the private key, which is KEYCLOAK_ADMIN_KEY;
 * what is printed is the public half, for Keycloak.
 */
import { writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";

/** Keycloak 25 and 26 know it, and it is short enough for a line. */
const alg = "ES256";

async function main([file]: string[]): Promise<void> {
  if (file === undefined) throw new Error("name a file that does not exist yet");
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const named = { kid: randomUUID(), alg, use: "sig" };
  const own = JSON.stringify({ ...(await exportJWK(privateKey)), ...named });
  await writeFile(file, `${own}\n`, { mode: 0o600, flag: "wx" });
  process.stdout.write(`${JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...named }] })}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`make a key: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
