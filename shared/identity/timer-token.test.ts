import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it } from "vitest";
import { realmKeys } from "./realm-keys.ts";
import { timerTokens } from "./timer-token.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
const subject = "system:serviceaccount:desktops:timers";
const audience = "guacamole-workspaces";

async function verified(alg: string) {
  const pair = await generateKeyPair(alg);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k", alg, use: "sig" };
  const keys = realmKeys({ url: "/openid/v1/jwks", maxAgeMinutes: 60 }, () =>
    Promise.resolve(Response.json({ keys: [jwk] })),
  );
  const verify = timerTokens({ issuer, keys, clockSkewSeconds: 30 }, { audience, subject, role: "timers" }, () =>
    Promise.reject(new Error("not the cluster's")),
  );
  const token = await new SignJWT({})
    .setProtectedHeader({ alg, kid: "k" })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience([audience])
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(pair.privateKey);
  return verify(`Bearer ${token}`);
}

it.each(["RS256", "ES256", "ES384", "ES512"])(
  "takes a cluster's token by %s, whatever the realm signs with",
  async (alg) => {
    expect(await verified(alg)).toMatchObject({ subject, roles: new Set(["timers"]) });
  },
);

it.each(["PS256", "EdDSA"])("takes none by %s, with which no API server signs", async (alg) => {
  await expect(verified(alg)).rejects.toMatchObject({ code: "not-authenticated" });
});
