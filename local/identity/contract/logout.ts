import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  anyNumber,
  anyText,
  anyUuid,
  callAdmin,
  clientToken,
  type ContractRealm,
  personToken,
  type VersionFacts,
} from "./realm.ts";
import { type Call, type Recorder, startRecorder } from "./recorder.ts";

export function logoutContract(realm: () => ContractRealm, { is26, tellsEachSession }: VersionFacts): void {
  describe("the back channel", () => {
    let recorder: Recorder;
    beforeAll(async () => {
      recorder = await startRecorder();
      const webhook = { url: `${recorder.url}/events`, secret: "s" };
      await realm().tell({ backchannelLogout: `${recorder.url}/logout`, webhook });
    });
    afterAll(() => recorder.close());

    const tokenOf = ({ body }: Call) => new URLSearchParams(body).get("logout_token") ?? "";
    const logoutOf = (session: unknown) =>
      recorder.call((call) => call.path === "/logout" && decodeJwt(tokenOf(call))["sid"] === session);
    const administrate = async (method: string, path: string, body?: object) =>
      callAdmin(realm(), await clientToken(realm(), realm().administrator), method, path, body);

    it("is told of the end of a session with Guacamole, by name", async () => {
      const { idToken, signOut } = await realm().signIn("alice");
      const { sub, sid } = decodeJwt(idToken);
      await signOut();
      const call = await logoutOf(sid);
      expect(call.headers["content-type"]).toBe("application/x-www-form-urlencoded");
      expect([...new URLSearchParams(call.body).keys()]).toEqual(["logout_token"]);
      expect(decodeProtectedHeader(tokenOf(call))).toEqual({ alg: "RS256", typ: "logout+jwt", kid: anyText });
      const claims = decodeJwt(tokenOf(call));
      expect(claims).toEqual({
        exp: (claims.iat ?? 0) + 120,
        iat: anyNumber,
        jti: anyUuid,
        iss: realm().issuer,
        aud: "guacamole",
        sub,
        typ: "Logout",
        sid,
        events: { "http://schemas.openid.net/event/backchannel-logout": {} },
      });
    });

    it("is told of sessions that an administrator ends, but not of those without Guacamole", async () => {
      const { sub = "", sid: withoutGuacamole } = decodeJwt(await personToken(realm(), "carol"));
      const sessions = [await realm().signIn("carol"), await realm().signIn("carol")].map(
        ({ idToken }) => decodeJwt(idToken)["sid"],
      );
      expect(await administrate("POST", `/users/${sub}/logout`)).toMatchObject({ status: 204 });
      // Keycloak has made its calls when it answers.
      const told = recorder.calls
        .filter(({ path }) => path === "/logout")
        .map((call) => decodeJwt(tokenOf(call))["sid"]);
      expect(told).not.toContain(withoutGuacamole);
      expect(sessions.filter((session) => told.includes(session))).toHaveLength(tellsEachSession ? 2 : 1);
      expect((await administrate("GET", `/users/${sub}/sessions`)).body).toEqual([]);
    });

    it("is told once only, whatever the answer, and the session is over all the same", async () => {
      recorder.answer(503);
      const { idToken, signOut } = await realm().signIn("alice");
      const { sub = "", sid } = decodeJwt(idToken);
      await signOut();
      await logoutOf(sid);
      recorder.answer(200);
      const left = (await administrate("GET", `/users/${sub}/sessions`)).body as { id: string }[];
      expect(left.map(({ id }) => id)).not.toContain(sid);
      const told = recorder.calls.filter((call) => call.path === "/logout" && decodeJwt(tokenOf(call))["sid"] === sid);
      expect(told).toHaveLength(1);
    });

    it("is not told when a person is disabled, whose sessions stay, or deleted, whose sessions go", async () => {
      const { sub = "", sid } = decodeJwt((await realm().signIn("dan")).idToken);
      const before = recorder.calls.filter(({ path }) => path === "/logout").length;
      expect(await administrate("PUT", `/users/${sub}`, { enabled: false })).toEqual({ status: 204, body: undefined });
      const left = (await administrate("GET", `/users/${sub}/sessions`)).body as { id: string }[];
      expect(left.map(({ id }) => id)).toContain(sid);
      expect(await administrate("DELETE", `/users/${sub}`)).toEqual({ status: 204, body: undefined });
      expect(await administrate("GET", `/users/${sub}`)).toMatchObject({
        status: 404,
        body: { error: "User not found", ...(is26 ? {} : { error_description: anyText }) },
      });
      expect(recorder.calls.filter(({ path }) => path === "/logout")).toHaveLength(before);
    });
  });
}
