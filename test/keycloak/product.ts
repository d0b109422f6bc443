import { decodeJwt } from "jose";
import { type Recorder, startRecorder } from "@stand-in/identity/contract";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { presenceOf } from "../keycloak-person.ts";
import { createRealm, type TestRealm } from "./realm.ts";

const password = { grant_type: "password", client_id: "guacamole-workspaces-cli", scope: "openid" };

/** The product, on the other stand-ins, with a real Keycloak: whose tokens it accepts, and what it hears. */
export function describeProduct(keycloak: () => RealKeycloak): void {
  let realm: TestRealm;
  let otherRealm: TestRealm;
  let estate: TestEstate;
  let recorder: Recorder;
  beforeAll(async () => {
    realm = await createRealm(keycloak());
    otherRealm = await createRealm(keycloak());
    recorder = await startRecorder();
    estate = await startTestEstate(undefined, {
      OIDC_ISSUER: realm.issuer,
      OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli,desktops-portal",
      KEYCLOAK_ADMIN_CLIENT: realm.lookup.id,
      KEYCLOAK_ADMIN_SECRET: realm.lookup.secret,
    });
    await realm.tell({ backchannelLogout: `${estate.host.url}/api/keycloak/backchannel-logout` });
  });
  afterAll(async () => {
    await Promise.all([estate.close(), recorder.close()]);
    await Promise.all([realm.remove(), otherRealm.remove()]);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const client = ({ id, secret }: { id: string; secret: string }, of = realm) =>
    of.token({ grant_type: "client_credentials", client_id: id, client_secret: secret });
  const person = (username: string, of = realm) => of.token({ ...password, username, password: username });
  const portal = (username: string) => realm.portalTokens(username);
  const accessToken = async (token: ReturnType<TestRealm["token"]>) => (await token).access_token ?? "";

  async function call(token: string, path: string, method = "GET", body?: object) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${estate.host.url}/api${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** A logout token of a realm, as it sends one. */
  async function logoutToken(of: TestRealm): Promise<string> {
    await of.tell({ backchannelLogout: `${recorder.url}/${of.name}` });
    const { signOut } = await of.signIn("carol");
    await signOut();
    const { body } = await recorder.call(({ path }) => path === `/${of.name}`);
    return new URLSearchParams(body).get("logout_token") ?? "";
  }

  async function tellBackchannel(token: string): Promise<number> {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${estate.host.url}/api/keycloak/backchannel-logout`, { method: "POST", body })).status;
  }

  const alices = "/users/alice/workspaces";
  it.each<[string, number, () => Promise<string>]>([
    ["the login flow's client", 200, () => accessToken(client(realm.service))],
    ["the person, from a terminal", 200, () => accessToken(person("alice"))],
    ["an administrator", 200, () => accessToken(person("olga"))],
    ["the person, from the portal", 200, async () => (await portal("alice")).access_token ?? ""],
    ["an administrator, from the console", 200, async () => (await portal("olga")).access_token ?? ""],
    ["the portal's ID token", 401, async () => (await portal("alice")).id_token ?? ""],
    ["the portal's refresh token", 401, async () => (await portal("alice")).refresh_token ?? ""],
    ["another person, from the portal", 403, async () => (await portal("carol")).access_token ?? ""],
    ["another person", 403, () => accessToken(person("carol"))],
    ["a client without our audience", 401, () => accessToken(client(realm.lookup))],
    ["the person's ID token", 401, async () => (await person("alice")).id_token ?? ""],
    ["the person's refresh token", 401, async () => (await person("alice")).refresh_token ?? ""],
    ["Guacamole's ID token", 401, async () => (await realm.signIn("alice")).idToken],
    ["the same client of another realm", 401, () => accessToken(client(otherRealm.service, otherRealm))],
    ["the same person of another realm", 401, () => accessToken(person("alice", otherRealm))],
    ["the server's administrator", 401, async () => (await realm.administrator()).accessToken ?? ""],
    ["a logout token of another realm", 401, () => logoutToken(otherRealm)],
  ])("a call with the token of %s: %i", async (_whose, status, token) => {
    const given = await token();
    expect(given).not.toBe("");
    expect([status, await call(given, alices)]).toMatchObject([status, { status }]);
  });

  it("a token is refused when it has expired", async () => {
    const token = await accessToken(person("alice"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 331_000 });
    expect(await call(token, alices)).toMatchObject({ status: 401, body: { code: "not-authenticated" } });
  });

  it.each<[string, () => Promise<string>]>([
    ["an access token", () => accessToken(person("alice"))],
    ["Guacamole's ID token", async () => (await realm.signIn("alice")).idToken],
    ["a logout token of another realm", () => logoutToken(otherRealm)],
  ])("the back channel refuses %s", async (_what, token) => {
    expect(await tellBackchannel(await token())).toBe(400);
  });

  it("after a rotation of the realm's keys, old and new tokens are accepted", async () => {
    const old = await accessToken(client(realm.service));
    expect(await call(old, alices)).toMatchObject({ status: 200 });
    await realm.rotateKeys();
    const fresh = await accessToken(client(realm.service));
    await expect.poll(async () => (await call(fresh, alices)).status).toBe(200);
    expect(await call(old, alices)).toMatchObject({ status: 200 });
  });

  describe("a person with two browsers", () => {
    /**
     * Chooses a workspace for bob, as the login flow does in each of his sessions. He has none but with Guacamole in
     * these tests.
     */
    async function choose(session: unknown, subject: unknown): Promise<void> {
      const body = { workspace: "cancer-registry", claims: { groups: ["/registry/readers"] }, subject, session };
      const { status, body: operation } = await call(
        await accessToken(client(realm.service)),
        "/users/bob/desktop",
        "PUT",
        body,
      );
      expect([status, operation]).toMatchObject([expect.toBeOneOf([200, 202]), {}]);
      await estate.host.whenIdle();
    }
    const leaving = async () => {
      await estate.host.whenIdle();
      return (await presenceOf(estate, "bob"))?.leaving;
    };

    it("does not leave with the first logout, but with the last, and stays with the next login", async () => {
      const [one, other] = [await realm.signIn("bob"), await realm.signIn("bob")];
      for (const { idToken } of [one, other]) await choose(decodeJwt(idToken)["sid"], decodeJwt(idToken).sub);
      await one.signOut();
      expect(await leaving()).toBeUndefined();
      await other.signOut();
      expect(await leaving()).toBeDefined();
      const { idToken } = await realm.signIn("bob");
      await choose(decodeJwt(idToken)["sid"], decodeJwt(idToken).sub);
      expect(await leaving()).toBeUndefined();
    });
  });

  it("while Keycloak is away, tokens that it signed are accepted, and after its return new ones", async () => {
    const token = await accessToken(person("alice"));
    expect(await call(token, alices)).toMatchObject({ status: 200 });
    await keycloak().stop();
    await expect(fetch(realm.issuer)).rejects.toThrow("fetch failed");
    expect(await call(token, alices)).toMatchObject({ status: 200 });
    await keycloak().start();
    await expect.poll(async () => (await call(await accessToken(person("alice")), alices)).status).toBe(200);
  });
}
