import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLocalCluster } from "@stand-in/cluster";
import { realmKeys } from "../../shared/identity/realm-keys.ts";
import { timerTokens } from "../../shared/identity/timer-token.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { describeOnControlPlane } from "./available.ts";
import { namespace, prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

const audience = "guacamole-workspaces";
const subject = `system:serviceaccount:${namespace}:timers`;

describeOnControlPlane("tokens that a real API server gives to service accounts", () => {
  let prepared: Prepared;
  let core: CoreV1Api;
  beforeAll(async () => {
    prepared = await prepare();
    core = prepared.plane.admin.makeApiClient(CoreV1Api);
    for (const name of ["timers", "other"])
      await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  }, prepareMilliseconds);
  afterAll(() => prepared.close());

  const tokenFor = async (name: string, audiences: string[], expirationSeconds = 3607) => {
    const body = { spec: { audiences, expirationSeconds } };
    const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body });
    return status?.token ?? "";
  };
  /** As the app checks them, with its own account at the API server. */
  const verifierAs = (config: KubeConfig, issuer: string) => {
    const keys = realmKeys({ url: "/openid/v1/jwks", maxAgeMinutes: 60 }, async () =>
      Response.json(await clusterOf(config).issuerKeys()),
    );
    const rules = { audience, subject, role: "desktop-timers" };
    return timerTokens({ issuer, keys, clockSkewSeconds: 30 }, rules, () =>
      Promise.reject(new Error("not the cluster's")),
    );
  };

  it("are accepted by the product's account, which needs no right for it, if they are for us", async () => {
    const token = await tokenFor("timers", [audience]);
    const verify = verifierAs(prepared.plane.as(prepared.token), decodeJwt(token).iss ?? "");
    expect(await verify(`Bearer ${token}`)).toMatchObject({ subject, roles: new Set(["desktop-timers"]) });

    const refused = async (given: string) =>
      verify(`Bearer ${given}`).then(
        () => "accepted",
        (error: unknown) => (error as Error).message,
      );
    expect(await refused(await tokenFor("timers", ["vault"]))).toContain("its claim aud is not accepted");
    expect(await refused(await tokenFor("other", [audience]))).toContain("another service account");
    expect(await refused(await tokenFor("timers", [audience], 2 * 86_400))).toContain("more than a day");
  });

  it("and its keys look as the stand-in's do", async () => {
    const standIn = await startLocalCluster({ store: ":memory:" });
    try {
      const [real, ours] = [await tokenFor("timers", [audience]), standIn.signToken()];
      expect(Object.keys(decodeProtectedHeader(ours))).toEqual(Object.keys(decodeProtectedHeader(real)));
      expect(Object.keys(decodeJwt(ours))).toEqual(Object.keys(decodeJwt(real)));
      const fromStandIn = await fetch(`${standIn.url}/openid/v1/jwks`);
      const keys = (await fromStandIn.json()) as { keys: object[] };
      const realKeys = (await clusterOf(prepared.plane.admin).issuerKeys()) as { keys: object[] };
      expect(keys.keys.map((key) => Object.keys(key))).toEqual(realKeys.keys.map((key) => Object.keys(key)));
      expect(fromStandIn.headers.get("content-type")).toBe("application/jwk-set+json");
    } finally {
      await standIn.close();
    }
  });
});
