import { createHmac } from "node:crypto";
import { decodeJwt } from "jose";
import { type Recorder, startRecorder } from "@stand-in/identity/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { createRealm, guacamole, type TestRealm } from "./realm.ts";

/** The distribution, the realm file, the extension and the login form do what the other tests take for granted. */
export function describeHarness(keycloak: () => RealKeycloak, { events }: Distribution): void {
  let realm: TestRealm;
  let recorder: Recorder;
  beforeAll(async () => {
    recorder = await startRecorder();
    realm = await createRealm(keycloak());
    const webhook = { url: `${recorder.url}/events`, signedBy: { secret: "s" }, eventTypes: ["access.LOGIN"] };
    await realm.tell({ backchannelLogout: `${recorder.url}/logout`, ...(events !== undefined && { webhook }) });
  });
  afterAll(() => recorder.close());

  it("the realm file is imported with its people, groups and clients", async () => {
    const { users, clients } = await realm.administrator();
    const [bob] = await users.find({ username: "bob", exact: true });
    expect(await users.listGroups({ id: bob?.id ?? "" })).toMatchObject([{ path: "/registry/readers" }]);
    const ids = (await clients.find()).map(({ clientId }) => clientId);
    expect(ids).toEqual(expect.arrayContaining(["guacamole", realm.service.id, realm.lookup.id]));
  });

  it("a person logs in to Guacamole by the form, and the same browser logs in again without it", async () => {
    const { browser, idToken } = await realm.signIn("alice");
    const claims = decodeJwt(idToken);
    expect(claims).toMatchObject({ iss: realm.issuer, aud: "guacamole", preferred_username: "alice", typ: "ID" });
    const again = await browser.logIn("alice", "not needed", guacamole);
    expect(decodeJwt(again.get("id_token") ?? "")["sid"]).toBe(claims["sid"]);
    await expect(realm.signIn("alice", "wrong")).rejects.toThrow("Invalid username or password");
  });

  it("a logout in the browser reaches the back channel", async () => {
    const { idToken, signOut } = await realm.signIn("bob");
    await signOut();
    const { body } = await recorder.call(({ path }) => path === "/logout");
    const token = decodeJwt(new URLSearchParams(body).get("logout_token") ?? "");
    expect(token["sid"]).toBe(decodeJwt(idToken)["sid"]);
  });

  it.skipIf(events === undefined)("keycloak-events sends what its webhook asks for, signed", async () => {
    const { idToken } = await realm.signIn("carol");
    const isHers = ({ path, body }: { path: string; body: string }) => path === "/events" && body.includes("carol");
    const { headers, body } = await recorder.call(isHers);
    expect(JSON.parse(body)).toMatchObject({
      type: "access.LOGIN",
      authDetails: { userId: decodeJwt(idToken).sub, clientId: "guacamole" },
    });
    expect(headers["x-keycloak-signature"]).toBe(createHmac("sha256", "s").update(body).digest("hex"));
  });
}
