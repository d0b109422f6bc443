import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";

/** The API server as an issuer of service accounts' tokens. It makes its key when it is first needed. */
export interface TokenIssuer {
  /** What `/openid/v1/jwks` answers. */
  keys: () => object;
  /** A token as the kubelet projects it into a pod, with these claims and header fields instead of the usual ones. */
  signToken: (claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>) => string;
}

/** The name that distributions give their API server as an issuer (kubeadm's default). */
export const issuerName = "https://kubernetes.default.svc.cluster.local";

/** What the kubelet asks for, unless the pod says otherwise (`expirationSeconds`), and a little more. */
const lifeSeconds = 3607;

export function tokenIssuer(now: () => number = Date.now): TokenIssuer {
  let made: { privateKey: KeyObject; publicKey: KeyObject; kid: string } | undefined;
  const key = () => (made ??= makeKey());
  return {
    keys() {
      const { publicKey, kid } = key();
      const { kty, n, e } = publicKey.export({ format: "jwk" });
      return { keys: [{ use: "sig", kty, kid, alg: "RS256", n, e }] };
    },
    signToken(claims = {}, header = {}) {
      const { privateKey, kid } = key();
      const iat = Math.floor(now() / 1_000);
      const usual = {
        aud: ["guacamole-workspaces"],
        exp: iat + lifeSeconds,
        iat,
        iss: issuerName,
        jti: randomUUID(),
        "kubernetes.io": {
          namespace: "guacamole",
          pod: { name: "timer-wake-29400000-x7k2p", uid: randomUUID() },
          serviceaccount: { name: "timers", uid: randomUUID() },
        },
        nbf: iat,
        sub: "system:serviceaccount:guacamole:timers",
      };
      const signed = `${encode({ alg: "RS256", kid, ...header })}.${encode({ ...usual, ...claims })}`;
      return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
}

function makeKey() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { privateKey, publicKey, kid: createHash("sha256").update(der).digest("base64url") };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
