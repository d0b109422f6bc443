import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { sampleToken } from "../local/token.ts";
import { type Attack, type AttackRow, attacksOn, send as sendTo } from "./attack-rows.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** Who may make the four calls that stand in for timers, and what else such a caller may do: nothing. */
let estate: TestEstate;
let otherCluster: LocalCluster;
const four = ["wake", "reap", "reconcile", "upkeep"].map((run) => `maintenance/${run}`);

beforeAll(async () => {
  const settings = { TIMERS: "external", TIMERS_SUBJECT: "system:serviceaccount:guacamole:timers" };
  [estate, otherCluster] = await Promise.all([
    startTestEstate(undefined, settings, systemClock),
    startLocalCluster({ store: ":memory:" }),
  ]);
  await estate.ask("alice", "asthma-cohort");
});
afterAll(async () => {
  await estate.close();
  await otherCluster.close();
});

const calling = (token: string, path = "maintenance/wake"): Attack => ({
  path,
  headers: { authorization: `Bearer ${token}` },
});
const seconds = () => Math.floor(Date.now() / 1_000);
/** A call with a token of the cluster, with these changes. */
const forged =
  (claims: () => Record<string, unknown>, header: Record<string, unknown> = {}) =>
  (): Attack =>
    calling(estate.cluster.signToken(claims(), header));
/** The same token as the cluster signs it, with another header and signature. */
function resigned(header: object, sign: (signed: string) => Buffer): Attack {
  const [, claims = ""] = estate.cluster.signToken().split(".");
  const signed = `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${claims}`;
  return calling(`${signed}.${sign(signed).toString("base64url")}`);
}
async function publishedKey(): Promise<JsonWebKey & { kid: string }> {
  const { keys } = (await (await fetch(`${estate.cluster.url}/openid/v1/jwks`)).json()) as {
    keys: (JsonWebKey & { kid: string })[];
  };
  return keys[0] ?? expect.fail("the cluster publishes no key");
}
async function statusOf(method: string, path: string, authorization: string): Promise<number> {
  const response = await fetch(`${estate.host.url}/api/${path.replaceAll(/\{\w+\}/g, "alice")}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(method === "GET" ? {} : { body: "{}" }),
  });
  return response.status;
}
const attacks = (rows: AttackRow[]) => {
  attacksOn(() => estate, rows);
};

describe("tokens of the cluster", () => {
  it.each(four)("are accepted by %s unchanged: only the changes below make them fail", async (path) => {
    const response = await sendTo(estate, calling(estate.cluster.signToken(), path));
    expect([200, 202]).toContain(response.status);
    await estate.host.whenIdle();
  });

  attacks([
    ["a token for the API server", 401, forged(() => ({ aud: ["https://kubernetes.default.svc.cluster.local"] }))],
    ["a token for somebody else", 401, forged(() => ({ aud: ["vault"] }))],
    ["no audience, as in tokens of Secrets", 401, forged(() => ({ aud: undefined }))],
    ["another account", 401, forged(() => ({ sub: "system:serviceaccount:guacamole:default" }))],
    ["an account of that name in another namespace", 401, forged(() => ({ sub: "system:serviceaccount:eve:timers" }))],
    ["an account whose name begins so", 401, forged(() => ({ sub: "system:serviceaccount:guacamole:timers2" }))],
    ["no subject", 401, forged(() => ({ sub: undefined }))],
    ["a token that has expired", 401, forged(() => ({ exp: seconds() - 31 }))],
    ["a token without an expiry", 401, forged(() => ({ exp: undefined }))],
    ["a token that lives for two days", 401, forged(() => ({ exp: seconds() + 2 * 86_400 }))],
    ["a token that is not yet valid", 401, forged(() => ({ nbf: seconds() + 60 }))],
    ["a token that was issued in the future", 401, forged(() => ({ iat: seconds() + 60 }))],
    ["another issuer", 401, forged(() => ({ iss: "https://kubernetes.default.svc" }))],
    ["the realm's name on a token of the cluster", 401, forged(() => ({ iss: estate.identity.issuer }))],
    ["another cluster's key under the same name", 401, () => calling(otherCluster.signToken())],
    ["an unknown key", 401, forged(() => ({}), { kid: "unknown" })],
    [
      "a role in a claim",
      401,
      forged(() => ({ sub: "system:serviceaccount:eve:eve", realm_access: { roles: ["desktop-timers"] } })),
    ],
    [
      "the algorithm none",
      401,
      async () => resigned({ alg: "none", kid: (await publishedKey()).kid }, () => Buffer.of()),
    ],
    [
      "the public key as a secret (HS256)",
      401,
      async () => {
        const jwk = await publishedKey();
        const pem = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
        return resigned({ alg: "HS256", kid: jwk.kid }, (signed) => createHmac("sha256", pem).update(signed).digest());
      },
    ],
    ["a changed signature", 401, () => calling(`${estate.cluster.signToken().slice(0, -8)}AAAAAAAA`)],
  ]);

  it("are accepted nowhere else", async () => {
    const others = estate.described.filter(({ path, proof }) => proof === "token" && !four.includes(path));
    expect(others.length).toBeGreaterThan(15);
    const authorization = `Bearer ${estate.cluster.signToken()}`;
    // At once: a token whose key the realm does not know waits for a second.
    const statuses = await Promise.all(
      others.map(async ({ method, path }) => [method, path, await statusOf(method, path, authorization)]),
    );
    expect(statuses).toEqual(others.map(({ method, path }) => [method, path, 401]));
    const health = await fetch(`${estate.host.url}/api/health/ready`, { headers: { authorization } });
    expect(health.status).toBe(401);
  });
});

describe("tokens of the realm", () => {
  const withRoles = (...roles: string[]) =>
    estate.identity.signToken({ realm_access: { roles }, preferred_username: "service-account-timers" });

  it.each(four)("with the role for timers are accepted by %s", async (path) => {
    const response = await sendTo(estate, calling(await withRoles("desktop-timers"), path));
    expect([200, 202]).toContain(response.status);
    await estate.host.whenIdle();
  });

  attacks([
    ...four.flatMap((path): AttackRow[] => [
      [`${path} by a person`, 403, async () => calling(await sampleToken(estate.identity.issuer, "alice"), path)],
      [`${path} by the login flow`, 403, async () => calling(await withRoles("desktop-service"), path)],
      [`${path} by monitoring`, 403, async () => calling(await withRoles("desktop-monitoring"), path)],
    ]),
    [
      "a dry run, which names people",
      403,
      async () => calling(await withRoles("desktop-timers"), "maintenance/reap?dryRun=true"),
    ],
    ["a lifted limit", 403, async () => calling(await withRoles("desktop-timers"), "maintenance/reconcile?share=100")],
    [
      "the realm's token under the cluster's name",
      401,
      async () => calling(await estate.identity.signToken({ iss: "https://kubernetes.default.svc.cluster.local" })),
    ],
  ]);

  it("with the role for timers do nothing else", async () => {
    const authorization = `Bearer ${await withRoles("desktop-timers")}`;
    for (const { method, path, proof } of estate.described) {
      if (proof !== "token" || four.includes(path)) continue;
      const status = await statusOf(method, path, authorization);
      // Nobody learns whether an operation of somebody else exists.
      expect([method, path, status]).toEqual([method, path, path === "operations/{id}" ? 404 : 403]);
    }
  });
});

it("an installation that names no account takes no token of the cluster", async () => {
  const usual = await startTestEstate();
  try {
    expect((await sendTo(usual, calling(usual.cluster.signToken()))).status).toBe(401);
  } finally {
    await usual.close();
  }
});
