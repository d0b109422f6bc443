import { createPrivateKey, randomUUID, sign as signBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleToken } from "../../local/token.ts";

/** Signs tokens with the key of the identity provider whose state is in this folder: carol's, and the login flow's. */
export async function signersOf(
  state: string,
  issuer: string,
): Promise<{ sign: () => string; signService: () => string }> {
  const stored = JSON.parse(await readFile(join(state, "identity.json"), "utf8")) as { keys: [{ kid: string }] };
  const { kid, ...jwk } = stored.keys[0];
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const [, payload = ""] = (await sampleToken(issuer, "carol")).split(".");
  const { sid, iat, exp, ...carol } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<
    string,
    unknown
  > & {
    iat: number;
    exp: number;
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const sign = (claims: object) => {
    const issuedAt = Math.floor(Date.now() / 1_000);
    const times = { iat: issuedAt, exp: issuedAt + exp - iat, jti: randomUUID() };
    const signed = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode({ ...carol, ...claims, ...times })}`;
    return `${signed}.${signBytes("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
  };
  const service = {
    azp: "workspace-action",
    sub: "the-login-flow",
    preferred_username: "service-account-workspace-action",
    realm_access: { roles: ["desktop-service"] },
  };
  return { sign: () => sign({ sid }), signService: () => sign(service) };
}
