import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startIdentityProvider, type IdentityProvider, type IdentityProviderOptions } from "./provider.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-identity-"));
});
afterAll(() => rm(folder, { recursive: true }));

const started: IdentityProvider[] = [];
async function verify(token: string, { issuer }: IdentityProvider): Promise<void> {
  await jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`)), { issuer });
}

async function startWith(more: Partial<IdentityProviderOptions>): Promise<IdentityProvider> {
  const one = await startIdentityProvider({ store: ":memory:", audience: "api", clients: [], users: [], ...more });
  started.push(one);
  return one;
}
afterEach(() => Promise.all(started.splice(0).map((one) => one.close())));

async function publishedKeys({ issuer }: IdentityProvider): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${issuer}/protocol/openid-connect/certs`);
  return ((await response.json()) as { keys: Record<string, unknown>[] }).keys;
}

test("keys are published without their private parts", async () => {
  for (const key of await publishedKeys(await startWith({}))) {
    expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
  }
});

test("after a rotation new tokens have a new key, and old tokens stay valid", async () => {
  const one = await startWith({ store: join(folder, "rotating.json") });
  const old = await one.signToken();
  await Promise.all([one.rotateKeys(), one.rotateKeys()]);
  const fresh = await one.signToken();
  expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
  await verify(old, one);
  await verify(fresh, one);
  expect(new Set((await publishedKeys(one)).map(({ kid }) => kid)).size).toBe(3);
});

test("keys survive a restart, in a file that only this user may read", async () => {
  const store = join(folder, "deep/keys.json");
  const before = await startWith({ store });
  await before.rotateKeys();
  const keys = await publishedKeys(before);
  const token = await before.signToken();
  await before.close();
  const after = await startWith({ store, port: before.port });
  expect(await publishedKeys(after)).toEqual(keys);
  await verify(token, after);
  expect((await stat(store)).mode & 0o777).toBe(0o600);
});

test.each(["", "{}", '{"keys":[]}', '{"keys":[{"kid":"k","kty":"RSA","n":"AQ","e":"AQ","d":"c2VjcmV0"}]}'])(
  "keys in a damaged file (%j) are neither replaced nor quoted",
  async (text) => {
    const store = join(folder, "damaged.json");
    await writeFile(store, text);
    const error = await startWith({ store }).then(String, String);
    expect(error).toContain(`open signing keys: ${store} is damaged (delete it`);
    expect(error).not.toContain("c2VjcmV0");
    expect(await readFile(store, "utf8")).toBe(text);
  },
);

test("the clock, the lifetime and the realm can be set", async () => {
  const at = new Date("2030-01-01T00:00:00Z");
  const one = await startWith({ now: () => at, tokenSeconds: 60, realm: "lab" });
  const { iss, iat, exp } = decodeJwt(await one.signToken());
  expect({ iss, iat, exp }).toEqual({
    iss: `http://127.0.0.1:${one.port}/realms/lab`,
    iat: at.getTime() / 1000,
    exp: at.getTime() / 1000 + 60,
  });
  expect((await fetch(one.issuer.replace("lab", "sde") + "/protocol/openid-connect/certs")).status).toBe(404);
});

test("a taken port is reported", async () => {
  const { port } = await startWith({});
  await expect(startWith({ port })).rejects.toThrow(`start identity provider: cannot listen on port ${port}`);
});

test("closing ends open connections and may be repeated", async () => {
  const one = await startWith({});
  const slow = connect(one.port, "127.0.0.1");
  slow.on("error", () => undefined);
  const headers =
    "host: x\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 9";
  slow.write(`POST /realms/sde/protocol/openid-connect/token HTTP/1.1\r\n${headers}\r\n\r\n`);
  await once(slow, "data"); // "100 Continue": the server has the request and waits for its body
  await Promise.all([one.close(), one.close()]);
  await expect(fetch(one.issuer)).rejects.toThrow("fetch failed");
});
