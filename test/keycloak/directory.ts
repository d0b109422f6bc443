import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { directoryIn, type DirectoryRules } from "../../shared/identity/directory.ts";
import { createRealm, type TestRealm } from "./realm.ts";

type Role = { id: string; name: string };

/** What the lookup client, with `view-users` and no other role, is shown of a person. */
export function describeDirectory(keycloak: () => RealKeycloak): void {
  let realm: TestRealm;
  let alice: string;
  beforeAll(async () => {
    realm = await createRealm(keycloak());
    const administrator = await realm.administrator();
    alice = await idOf(administrator, "alice");
    await giveRoles(administrator, alice);
    await realm.signIn("alice");
  });
  afterAll(() => realm.remove());

  let proof: DirectoryRules["proof"] | undefined;
  const directory = (...roleClients: string[]) =>
    directoryIn({
      url: keycloak().url,
      realm: realm.name,
      client: realm.lookup.id,
      proof: proof ?? { secret: realm.lookup.secret },
      issuer: realm.issuer,
      guacamoleClient: "guacamole",
      roleClients,
    });
  const realmRoles = ["direct", "of-composite", "composite", "of-group", "of-parent"];

  it("groups, sessions, and realm roles however they are given; no client role", async () => {
    const standing = await directory().look(alice);
    expect(standing?.enabled).toBe(true);
    expect([...(standing?.groups ?? [])].sort()).toEqual(["/asthma", "/parent/child", "asthma", "child"]);
    expect([...(standing?.roles ?? [])].sort()).toEqual(realmRoles.sort());
    expect(standing?.sessions).toHaveLength(1);
  });

  it("client roles are known to be hidden, and are shown, however they are given, with view-clients too", async () => {
    const withApp = directory("app");
    expect(await withApp.look(alice)).toMatchObject({ enabled: true, roles: undefined });
    expect(await withApp.gaps()).toEqual([expect.stringContaining("client app")]);

    await letViewClients(await realm.administrator(), realm.lookup.id);
    const allowed = directory("app");
    expect([...((await allowed.look(alice))?.roles ?? [])].sort()).toEqual(
      [...realmRoles, "app-direct", "app-of-composite", "app-of-group"].sort(),
    );
    expect(await allowed.gaps()).toEqual([]);
    expect(await directory("app", "no-such-client").look(alice)).toMatchObject({ roles: undefined });
  });

  it("the same to a client with a key, and nothing by its secret any more", async () => {
    const key = await realm.keyLookup();
    await expect(directory().look(alice)).rejects.toMatchObject({ code: "identity-unavailable" });
    proof = { key };
    expect(await directory().look(alice)).toMatchObject({ enabled: true, sessions: [expect.any(String)] });
  });
}

async function idOf({ users }: KeycloakAdminClient, username: string): Promise<string> {
  const [person] = await users.find({ username, exact: true });
  return person?.id ?? "";
}

/** Directly, by a composite role, by a group, and by the group above it. */
async function giveRoles({ clients, groups, roles, users }: KeycloakAdminClient, id: string): Promise<void> {
  const realmRole = async (name: string): Promise<Role> => {
    await roles.create({ name });
    return { name, id: (await roles.findOneByName({ name }))?.id ?? "" };
  };
  const { id: clientUniqueId } = await clients.create({ clientId: "app" });
  const clientRole = async (roleName: string): Promise<Role> => {
    await clients.createRole({ id: clientUniqueId, name: roleName });
    return { name: roleName, id: (await clients.findRole({ id: clientUniqueId, roleName }))?.id ?? "" };
  };
  const composite = await realmRole("composite");
  const parts = [await realmRole("of-composite"), await clientRole("app-of-composite")];
  await roles.createComposite({ roleId: composite.id }, parts);
  await users.addRealmRoleMappings({ id, roles: [await realmRole("direct"), composite] });
  await users.addClientRoleMappings({ id, clientUniqueId, roles: [await clientRole("app-direct")] });

  const parent = await groups.create({ name: "parent" });
  const child = await groups.createChildGroup({ id: parent.id }, { name: "child" });
  await groups.addRealmRoleMappings({ id: parent.id, roles: [await realmRole("of-parent")] });
  await groups.addRealmRoleMappings({ id: child.id, roles: [await realmRole("of-group")] });
  await groups.addClientRoleMappings({ id: child.id, clientUniqueId, roles: [await clientRole("app-of-group")] });
  await users.addToGroup({ id, groupId: child.id });
}

async function letViewClients({ clients, users }: KeycloakAdminClient, clientId: string): Promise<void> {
  const [lookup] = await clients.find({ clientId });
  const account = await clients.getServiceAccountUser({ id: lookup?.id ?? "" });
  const [management] = await clients.find({ clientId: "realm-management" });
  const clientUniqueId = management?.id ?? "";
  const role = await clients.findRole({ id: clientUniqueId, roleName: "view-clients" });
  const roles = [{ id: role?.id ?? "", name: "view-clients" }];
  await users.addClientRoleMappings({ id: account.id ?? "", clientUniqueId, roles });
}
