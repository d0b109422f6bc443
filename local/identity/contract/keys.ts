import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { clientToken, type ContractRealm } from "./realm.ts";

interface Key {
  kid: string;
  use: string;
  alg: string;
}

export function keysContract(realm: () => ContractRealm): void {
  const address = () => `${realm().issuer}/protocol/openid-connect/certs`;
  const published = async () => ((await (await fetch(address())).json()) as { keys: Key[] }).keys;

  describe("keys", () => {
    it("are published without their private parts, and say what they are for", async () => {
      const keys = await published();
      const signing = keys.filter(({ use }) => use === "sig");
      expect(signing).toMatchObject([{ kty: "RSA", alg: "RS256" }]);
      for (const key of keys) {
        expect(Object.keys(key)).toEqual(expect.arrayContaining(["alg", "e", "kid", "kty", "n", "use"]));
        expect(Object.keys(key)).not.toContain("d");
      }
    });

    it("after a rotation new tokens have a new key, and old tokens stay valid", async () => {
      const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL(address())));
      const old = await clientToken(realm(), realm().service);
      await realm().rotateKeys();
      const fresh = await clientToken(realm(), realm().service);
      expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
      await verify(old);
      await verify(fresh);
      expect((await published()).filter(({ use }) => use === "sig")).toHaveLength(2);
    });
  });
}
