import { createHmac } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  anyNumber,
  anyText,
  anyUuid,
  callAdmin,
  clientToken,
  type ContractRealm,
  personToken,
  scopes,
  type VersionFacts,
} from "./realm.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

interface Event {
  type: string;
  authDetails?: { userId?: string };
  resourcePath?: string;
  representation?: string;
}

/** What keycloak-events sends, signed by HMAC: the signature that all of its versions have. */
export function eventsContract(realm: () => ContractRealm, facts: VersionFacts): void {
  describe("keycloak-events", () => {
    const secret = "a secret of the contract";
    let recorder: Recorder;
    beforeAll(async () => {
      recorder = await startRecorder();
      const webhook = { url: `${recorder.url}/events`, secret };
      await realm().tell({ backchannelLogout: `${recorder.url}/logout`, webhook });
    });
    afterAll(() => recorder.close());

    /** Waits for the event of this type about this person. */
    async function event(type: string, subject: string): Promise<Event> {
      const isIt = (sent: Event) =>
        sent.type === type && (sent.authDetails?.userId === subject || sent.resourcePath?.includes(subject) === true);
      const call = await recorder.call(({ path, body }) => path === "/events" && isIt(JSON.parse(body) as Event));
      expect(call.headers["x-keycloak-signature"]).toBe(createHmac("sha256", secret).update(call.body).digest("hex"));
      expect(call.headers["content-type"]).toBe("application/json");
      return JSON.parse(call.body) as Event;
    }
    const administrate = async (method: string, path: string, body?: object) => {
      const token = await clientToken(realm(), realm().administrator);
      const { status } = await callAdmin(realm(), token, method, path, body);
      expect(status).toBe(204);
      return decodeJwt(token);
    };

    /** In every event. */
    const common = () => ({
      time: anyNumber,
      uid: anyUuid,
      realmId: anyText,
      ...(facts.eventsNameTheRealm && { id: anyUuid, realmName: realm().name }),
    });
    const byAdministrator = (caller: { sub?: string }, resourceType: string, resourceId: string) => ({
      ...common(),
      resourceType,
      ...(facts.eventsNameTheRealm && { resourceId }),
      authDetails: {
        realmId: realm().name,
        clientId: anyUuid,
        userId: caller.sub,
        ipAddress: "127.0.0.1",
        username: `service-account-${realm().administrator.id}`,
        // Of no session that anybody could know: a service account has none.
        ...((facts.is26 || resourceId === "logout") && { sessionId: anyText }),
      },
    });

    it("a login, with its session", async () => {
      const { sub = "", sid } = decodeJwt((await realm().signIn("alice")).idToken);
      expect(await event("access.LOGIN", sub)).toEqual({
        ...common(),
        type: "access.LOGIN",
        authDetails: {
          realmId: realm().name,
          clientId: "guacamole",
          userId: sub,
          ipAddress: "127.0.0.1",
          username: "alice",
          sessionId: sid,
        },
        details: {
          auth_method: "openid-connect",
          auth_type: "code",
          token_id: anyText,
          scope: scopes("openid", "profile", "email"),
          response_type: "id_token",
          redirect_uri: "http://localhost:8080/guacamole/",
          consent: "no_consent_required",
          code_id: sid,
          username: "alice",
          response_mode: "fragment",
        },
      });
    });

    it("a logout, with the session that ended", async () => {
      const { idToken, signOut } = await realm().signIn("bob");
      const { sub = "", sid } = decodeJwt(idToken);
      await signOut();
      expect(await event("access.LOGOUT", sub)).toEqual({
        ...common(),
        type: "access.LOGOUT",
        authDetails: {
          realmId: realm().name,
          clientId: "guacamole",
          userId: sub,
          ipAddress: "127.0.0.1",
          username: "bob",
          // On 25 it is that of the logout's own page.
          sessionId: facts.is26 ? sid : anyUuid,
        },
        details: { redirect_uri: "http://localhost:8080/guacamole/" },
      });
    });

    it("a logout by an administrator names the person in its path only", async () => {
      const sub = decodeJwt(await personToken(realm(), "carol")).sub ?? "";
      const caller = await administrate("POST", `/users/${sub}/logout`);
      expect(await event("admin.USER-ACTION", sub)).toEqual({
        ...byAdministrator(caller, "USER", "logout"),
        type: "admin.USER-ACTION",
        operationType: "ACTION",
        resourcePath: `users/${sub}/logout`,
        details: {},
      });
    });

    it("a person who leaves a group", async () => {
      const sub = decodeJwt(await personToken(realm(), "alice")).sub ?? "";
      const lookup = await clientToken(realm(), realm().lookup);
      const { body } = await callAdmin(realm(), lookup, "GET", `/users/${sub}/groups`);
      const [group = { id: "" }] = body as { id: string }[];
      const caller = await administrate("DELETE", `/users/${sub}/groups/${group.id}`);
      const { representation = "", ...rest } = await event("admin.GROUP_MEMBERSHIP-DELETE", sub);
      expect(rest).toEqual({
        ...byAdministrator(caller, "GROUP_MEMBERSHIP", group.id),
        type: "admin.GROUP_MEMBERSHIP-DELETE",
        operationType: "DELETE",
        resourcePath: `users/${sub}/groups/${group.id}`,
        details: facts.eventsNameTheRealm ? { email: "alice@example.org", username: "alice" } : {},
      });
      expect(JSON.parse(representation)).toEqual({
        id: group.id,
        name: "asthma",
        path: "/asthma",
        subGroups: [],
        attributes: {},
        realmRoles: [],
        clientRoles: {},
      });
    });

    it("a change of a person, with what the administrator sent; then their deletion, which names them no more", async () => {
      const sub = decodeJwt(await personToken(realm(), "bob")).sub ?? "";
      const updating = await administrate("PUT", `/users/${sub}`, { enabled: false });
      const { representation = "", ...rest } = await event("admin.USER-UPDATE", sub);
      expect(rest).toEqual({
        ...byAdministrator(updating, "USER", sub),
        type: "admin.USER-UPDATE",
        operationType: "UPDATE",
        resourcePath: `users/${sub}`,
        details: { userId: sub, username: "bob" },
      });
      expect(JSON.parse(representation)).toEqual({ enabled: false });

      const deleting = await administrate("DELETE", `/users/${sub}`);
      expect(await event("admin.USER-DELETE", sub)).toEqual({
        ...byAdministrator(deleting, "USER", sub),
        type: "admin.USER-DELETE",
        operationType: "DELETE",
        resourcePath: `users/${sub}`,
        details: { userId: sub },
        ...(facts.eventsNameTheRealm && { representation: JSON.stringify({ id: sub, username: "bob" }) }),
      });
    });
  });
}
