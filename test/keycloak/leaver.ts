import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { meanings } from "../../shared/identity/keycloak-meanings.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "../estate.ts";
import { presenceOf } from "../keycloak-person.ts";
import { adminApi } from "./admin-api.ts";
import { chooseDesktop } from "./choose-desktop.ts";
import { createRealm, type TestRealm } from "./realm.ts";
import { tryAgain } from "./try-again.ts";

/** What a person with one desktop has in the cluster and in Guacamole's tables, and what one without has. */
const oneDesktop = {
  ...{ Deployment: 1, NetworkPolicy: 1, Secret: 1, Service: 1 },
  ...{ connections: 1, entities: 1, users: 1, connectionPermissions: 1, groupPermissions: 1 },
};
const nothing = Object.fromEntries(Object.keys(oneDesktop).map((what) => [what, 0]));

/** What people notice of what happens in Keycloak: its webhook and its back channel call the product themselves. */
export function describeLeaver(keycloak: () => RealKeycloak, { events }: Distribution): void {
  describe.skipIf(events === undefined).each([
    ["with the directory", true],
    ["without the directory", false],
  ])("%s", (_with, withDirectory) => {
    let realm: TestRealm;
    let estate: TestEstate;
    let admin: ReturnType<typeof adminApi>;
    beforeAll(async () => {
      realm = await createRealm(keycloak());
      admin = adminApi(realm);
      estate = await startTestEstate(undefined, {
        OIDC_ISSUER: realm.issuer,
        ...(withDirectory && { KEYCLOAK_ADMIN_CLIENT: realm.lookup.id, KEYCLOAK_ADMIN_SECRET: realm.lookup.secret }),
      });
      await realm.tell({
        backchannelLogout: `${estate.host.url}/api/keycloak/backchannel-logout`,
        webhook: {
          url: `${estate.host.url}/api/keycloak/events`,
          signedBy: { secret: webhookSecret },
          eventTypes: Object.keys(meanings),
        },
      });
    });
    afterAll(async () => {
      await estate.close();
      await realm.remove();
    });

    const choose = (username: string, workspace: string, groups: string[]) =>
      chooseDesktop(realm, estate, username, workspace, groups);
    const isLeaving = async (username: string) => {
      await estate.host.whenIdle();
      return (await presenceOf(estate, username))?.leaving !== undefined;
    };
    async function sessionsOf(username: string): Promise<readonly string[]> {
      await estate.host.whenIdle();
      return (await presenceOf(estate, username))?.sessions ?? [];
    }
    /** Counts what there is of a person. */
    async function countOf(username: string): Promise<Record<string, number>> {
      await estate.host.whenIdle();
      const { objects, rows } = await estate.world();
      const { rows: owned } = await estate.guacamole.query(
        "SELECT connection_id AS id FROM guacamole_connection WHERE connection_name = $1",
        [username],
      );
      const isTheirs = (object: unknown) => JSON.stringify(object).includes(`"${username}"`);
      const objectsOf = (kind: string) =>
        Object.entries(objects).filter(([name, object]) => name.startsWith(`${kind} `) && isTheirs(object)).length;
      const rowsOf = (pattern: string) => rows.filter((row) => new RegExp(pattern).test(row)).length;
      return {
        Deployment: objectsOf("Deployment"),
        NetworkPolicy: objectsOf("NetworkPolicy"),
        Secret: objectsOf("Secret"),
        Service: objectsOf("Service"),
        connections: owned.length,
        entities: rowsOf(`^entity USER \\S+@${username}$`),
        users: rowsOf(`^user \\S+@${username} until`),
        connectionPermissions: rowsOf(`^may open \\S+@${username} `),
        groupPermissions: rowsOf(`^sees group \\S+@${username} `),
      };
    }
    const readers = ["/registry/readers"];

    it("the sign-out of one session begins no leave while another is left; that of the last does", async () => {
      const [one, other] = [
        await choose("bob", "cancer-registry", readers),
        await choose("bob", "cancer-registry", readers),
      ];
      await admin("DELETE", `sessions/${String(decodeJwt(one.idToken)["sid"])}`);
      await expect.poll(() => sessionsOf("bob")).toEqual([decodeJwt(other.idToken)["sid"]]);
      expect(await isLeaving("bob")).toBe(false);
      await other.signOut();
      await expect.poll(() => isLeaving("bob")).toBe(true);
    });

    it("an administrator signs a person out of every session", async () => {
      await choose("bob", "cancer-registry", readers);
      const { idToken } = await choose("bob", "cancer-registry", readers);
      expect(await isLeaving("bob")).toBe(false);
      await admin("POST", `users/${decodeJwt(idToken).sub ?? ""}/logout`);
      await expect.poll(() => isLeaving("bob")).toBe(true);
    });

    it("an administrator signs everybody out, of which the back channel tells nobody", async () => {
      await choose("bob", "cancer-registry", readers);
      await choose("alice", "asthma-cohort", []);
      expect([await isLeaving("alice"), await isLeaving("bob")]).toEqual([false, false]);
      await tryAgain(() => admin("POST", "logout-all"));
      await expect.poll(async () => [await isLeaving("alice"), await isLeaving("bob")]).toEqual([true, true]);
      // Their desktops wait for the grace period.
      expect([await countOf("alice"), await countOf("bob")]).toEqual([oneDesktop, oneDesktop]);
    });

    describe("the evening of a leaver", () => {
      it("their group is taken: the desktop that they have by it is retired, and nobody else's", async () => {
        const { idToken } = await choose("bob", "cancer-registry", readers);
        await choose("alice", "asthma-cohort", []);
        expect([await countOf("alice"), await countOf("bob")]).toEqual([oneDesktop, oneDesktop]);
        const bob = decodeJwt(idToken).sub ?? "";
        const [group] = await admin<{ id: string }[]>("GET", `users/${bob}/groups`);
        await admin("DELETE", `users/${bob}/groups/${group?.id ?? ""}`);
        await expect.poll(() => countOf("bob")).toEqual(nothing);
        expect(await countOf("alice")).toEqual(oneDesktop);
      });

      it("they are disabled: everything that they have is removed, and they cannot log in", async () => {
        const id = decodeJwt((await realm.signIn("alice")).idToken).sub ?? "";
        await admin("PUT", `users/${id}`, { ...(await admin("GET", `users/${id}`)), enabled: false });
        await expect.poll(() => countOf("alice")).toEqual(nothing);
        await expect(realm.signIn("alice")).rejects.toThrow("disabled");
        await admin("PUT", `users/${id}`, { ...(await admin("GET", `users/${id}`)), enabled: true });
      });

      it("they are deleted: everything that they have is removed", async () => {
        const { idToken } = await choose("alice", "cancer-registry", readers);
        const id = decodeJwt(idToken).sub ?? "";
        expect(await countOf("alice")).toEqual(oneDesktop);
        await admin("DELETE", `users/${id}`);
        await expect.poll(() => countOf("alice")).toEqual(nothing);
        const { rows } = await estate.world();
        expect(rows.filter((row) => /alice|bob/.test(row))).toEqual([]);
      });
    });
  });
}
