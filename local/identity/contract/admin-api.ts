import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import {
  anyNumber,
  anyUuid,
  callAdmin,
  cli,
  clientToken,
  type ContractRealm,
  personToken,
  type VersionFacts,
} from "./realm.ts";

export function adminApiContract(realm: () => ContractRealm, { is26, mappingsToAll }: VersionFacts): void {
  describe("the admin API, as a client that may look people up", () => {
    let lookup: string;
    let bob: { id: string; session: string };
    const get = async (path: string) => callAdmin(realm(), lookup, "GET", path);
    const nobody = "/users/00000000-0000-4000-8000-00000000b0b0";
    /** Keycloak 25 tells everybody where its log is. */
    const failure = (error: string) => ({
      error,
      ...(is26 ? {} : { error_description: expect.any(String) as string }),
    });

    beforeAll(async () => {
      lookup = await clientToken(realm(), realm().lookup);
      const { sub, sid } = decodeJwt(await personToken(realm(), "bob"));
      bob = { id: sub ?? "", session: String(sid) };
    });

    it("a person", async () => {
      expect(await get(`/users/${bob.id}`)).toEqual({
        status: 200,
        body: {
          id: bob.id,
          username: "bob",
          firstName: "bob",
          lastName: "Sample",
          email: "bob@example.org",
          emailVerified: false,
          enabled: true,
          ...(is26 && { createdTimestamp: anyNumber }),
          totp: false,
          disableableCredentialTypes: [],
          requiredActions: [],
          notBefore: 0,
          access: {
            ...{ manageGroupMembership: false, view: true, mapRoles: false, impersonate: false, manage: false },
            ...(is26 && { resetPassword: false }),
          },
        },
      });
    });

    it("their groups", async () => {
      const { status, body } = await get(`/users/${bob.id}/groups?max=10000`);
      const group = { id: anyUuid, name: "readers", path: "/registry/readers", parentId: anyUuid, subGroups: [] };
      expect([status, body]).toEqual([200, [group]]);
    });

    it("their sessions, each with its clients", async () => {
      const { status, body } = await get(`/users/${bob.id}/sessions`);
      const session = {
        username: "bob",
        userId: bob.id,
        ipAddress: "127.0.0.1",
        start: anyNumber,
        lastAccess: anyNumber,
        rememberMe: false,
        transientUser: false,
      };
      const clients = { [Object.keys((body as [{ clients: object }])[0].clients)[0] ?? ""]: cli.client_id };
      expect([status, body]).toEqual([200, [{ id: bob.session, ...session, clients }]]);
      expect(Object.keys(clients)).toEqual([anyUuid]);
    });

    it("their roles", async () => {
      const id = decodeJwt(await personToken(realm(), "olga")).sub ?? "";
      const role = {
        id: anyUuid,
        name: "desktop-admin",
        description: expect.any(String) as string,
        composite: false,
        clientRole: false,
        containerId: anyUuid,
      };
      const mappings = mappingsToAll ? { realmMappings: [role] } : {};
      expect(await get(`/users/${id}/role-mappings`)).toEqual({ status: 200, body: mappings });
      expect(await get(`/users/${id}/role-mappings/realm/composite`)).toEqual({ status: 200, body: [role] });
      expect(await get(`/users/${bob.id}/role-mappings`)).toEqual({ status: 200, body: {} });
      expect(await get(`/users/${bob.id}/role-mappings/realm/composite`)).toEqual({ status: 200, body: [] });
    });

    it("somebody who does not exist", async () => {
      expect(await get(nobody)).toEqual({ status: 404, body: failure("User not found") });
    });

    it("nobody else may ask, and this client may change nothing", async () => {
      const refused = { status: 403, body: failure("HTTP 403 Forbidden") };
      const path = `/users/${bob.id}`;
      expect(await callAdmin(realm(), null, "GET", path)).toEqual({
        status: 401,
        body: failure("HTTP 401 Unauthorized"),
      });
      expect(await callAdmin(realm(), await personToken(realm(), "olga"), "GET", path)).toEqual(refused);
      expect(await callAdmin(realm(), await clientToken(realm(), realm().service), "GET", path)).toEqual(refused);
      expect(await callAdmin(realm(), lookup, "PUT", path, { enabled: false })).toEqual(refused);
      expect(await callAdmin(realm(), lookup, "DELETE", path)).toEqual(refused);
    });
  });
}
