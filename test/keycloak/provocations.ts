import { decodeJwt } from "jose";
import { Browser } from "@stand-in/identity/browser";
import { guacamole, type TestRealm } from "./realm.ts";

/** A realm, and whatever a provocation needs of it. */
export interface Stage {
  realm: TestRealm;
  /** People by name. */
  ids: Readonly<Record<"alice" | "bob" | "carol" | "dan", string>>;
  /** Calls the admin API, as Keycloak's console does. Returns what it answers. */
  admin: <Answer = Record<string, unknown>>(method: string, path: string, body?: unknown) => Promise<Answer>;
}

interface Provocation {
  /** What an administrator or a person does; if the name of a session is returned, the event is about it. */
  act: (stage: Stage) => Promise<unknown>;
  type: string;
  /** What the product understands: on 26, and on 25 if it differs. */
  understood: string;
  on25?: string;
}

type Named = { id: string; name: string; subGroups: Named[] };
const groupNamed = async ({ admin }: Stage, name: string): Promise<Named> => {
  const [top] = await admin<Named[]>("GET", `groups?search=${name}&exact=true`);
  const find = (group: Named | undefined): Named | undefined =>
    group?.name === name ? group : group?.subGroups.map(find).find((found) => found !== undefined);
  const found = find(top);
  if (!found) throw new Error(`find the group ${name}`);
  // As the console reads it before it sends it back changed.
  return admin<Named>("GET", `groups/${found.id}`);
};
const role = ({ admin }: Stage, name: string) => admin<{ id: string; name: string }>("GET", `roles/${name}`);
const client = async ({ admin }: Stage, clientId: string) => {
  const [found] = await admin<{ id: string }[]>("GET", `clients?clientId=${clientId}`);
  return found?.id ?? "";
};
const clientRole = async (stage: Stage, name: string) =>
  stage.admin<{ id: string; name: string }>("GET", `clients/${await client(stage, "app")}/roles/${name}`);
const sid = (idToken: string) => decodeJwt(idToken)["sid"];
const nobodySaid = "unnamed: gone groups not said which";
const noRoleSaid = "unnamed: gone roles not said which";

/** Adds what the provocations change. */
export async function setStage(stage: Stage): Promise<void> {
  const { admin, ids } = stage;
  const readers = await groupNamed(stage, "readers");
  await admin("POST", `groups/${readers.id}/children`, { name: "nested" });
  await admin("POST", "groups", { name: "elsewhere" });
  for (const name of ["taken", "taken-unnamed", "part", "whole", "of-group", "by-id", "renamed", "odd/name ?"])
    await admin("POST", "roles", { name });
  await admin("POST", `roles/whole/composites`, [await role(stage, "part")]);
  const elsewhere = await groupNamed(stage, "elsewhere");
  await admin("POST", `groups/${elsewhere.id}/role-mappings/realm`, [await role(stage, "of-group")]);
  await admin("POST", "clients", { clientId: "app" });
  const app = await client(stage, "app");
  for (const name of ["editor", "writer", "reviewer"]) await admin("POST", `clients/${app}/roles`, { name });
  await admin("POST", `users/${ids.alice}/role-mappings/realm`, [
    await role(stage, "taken"),
    await role(stage, "taken-unnamed"),
  ]);
  await admin("POST", `users/${ids.alice}/role-mappings/clients/${app}`, [await clientRole(stage, "editor")]);
  const config = {
    clientId: "x",
    clientSecret: "x",
    authorizationUrl: "http://127.0.0.1:1",
    tokenUrl: "http://127.0.0.1:1",
  };
  await admin("POST", "identity-provider/instances", { alias: "other", providerId: "oidc", enabled: true, config });
  await admin("POST", `users/${ids.alice}/federated-identity/other`, { userId: "a", userName: "a" });
  const account = await client(stage, "account");
  const deleteAccount = await admin("GET", `clients/${account}/roles/delete-account`);
  await admin("POST", `users/${ids.carol}/role-mappings/clients/${account}`, [deleteAccount]);
  const action = { alias: "delete_account", providerId: "delete_account", name: "Delete Account" };
  const all = await admin<{ alias: string }[]>("GET", "authentication/required-actions");
  if (!all.some(({ alias }) => alias === action.alias))
    await admin("POST", "authentication/register-required-action", action);
  await admin("PUT", "authentication/required-actions/delete_account", { ...action, enabled: true, config: {} });
}

/** In this order: each finds what those before it left. `alice`, `session` and so on stand for the ids of this run. */
export const provocations: Readonly<Record<string, Provocation>> = {
  "a login": {
    act: async ({ realm }) => sid((await realm.signIn("alice")).idToken),
    type: "access.LOGIN",
    understood: "alice=alice: back",
  },
  "a logout": {
    act: async ({ realm }) => {
      const { idToken, signOut } = await realm.signIn("alice");
      await signOut();
      return sid(idToken);
    },
    type: "access.LOGOUT",
    understood: "alice=alice: left session of the person",
    // keycloak/keycloak#43806
    on25: "alice=alice: left session that nobody had",
  },
  "an administrator who ends one session": {
    act: async ({ admin, realm }) => {
      const session = sid((await realm.signIn("alice")).idToken);
      await admin("DELETE", `sessions/${String(session)}`);
      return session;
    },
    type: "admin.USER_SESSION-DELETE",
    understood: "unnamed: left session of the person",
  },
  "an administrator who signs a person out": {
    act: ({ admin, ids }) => admin("POST", `users/${ids.alice}/logout`),
    type: "admin.USER-ACTION",
    understood: "alice: left every session",
  },
  "an administrator who signs everybody out": {
    act: ({ admin }) => admin("POST", "logout-all"),
    type: "admin.REALM-ACTION",
    understood: "unnamed: everybody left",
  },
  // The event has the body that the administrator sent.
  "a group renamed in the console": {
    act: async (stage) => {
      const group = await groupNamed(stage, "readers");
      await stage.admin("PUT", `groups/${group.id}`, { ...group, name: "viewers" });
    },
    type: "admin.GROUP-UPDATE",
    understood: "unnamed: gone groups /registry/readers, readers",
  },
  "a group renamed by an API call that sends its name alone": {
    act: async (stage) => {
      const { id } = await groupNamed(stage, "viewers");
      await stage.admin("PUT", `groups/${id}`, { name: "lookers" });
    },
    type: "admin.GROUP-UPDATE",
    understood: nobodySaid,
  },
  "a group moved below another in the console": {
    act: async (stage) => {
      const { id } = await groupNamed(stage, "elsewhere");
      await stage.admin("POST", `groups/${id}/children`, await groupNamed(stage, "lookers"));
    },
    type: "admin.GROUP-UPDATE",
    understood: "unnamed: gone groups /registry/lookers",
  },
  "a group moved to the top in the console": {
    act: async (stage) => stage.admin("POST", "groups", await groupNamed(stage, "lookers")),
    type: "admin.GROUP-UPDATE",
    understood: "unnamed: gone groups /elsewhere/lookers",
  },
  "a membership taken": {
    act: async (stage) => {
      const { id } = await groupNamed(stage, "lookers");
      await stage.admin("DELETE", `users/${stage.ids.bob}/groups/${id}`);
    },
    type: "admin.GROUP_MEMBERSHIP-DELETE",
    understood: "bob: lost groups /lookers, lookers",
  },
  // 26 says the name, and neither the path nor the parent; 25 only the id.
  "a nested group deleted": {
    act: async (stage) => stage.admin("DELETE", `groups/${(await groupNamed(stage, "nested")).id}`),
    type: "admin.GROUP-DELETE",
    understood: "unnamed: gone groups /nested, nested",
    on25: nobodySaid,
  },
  "a group at the top deleted": {
    act: async (stage) => stage.admin("DELETE", `groups/${(await groupNamed(stage, "registry")).id}`),
    type: "admin.GROUP-DELETE",
    understood: "unnamed: gone groups /registry, registry",
    on25: nobodySaid,
  },
  "a role taken out of a composite": {
    act: async (stage) => stage.admin("DELETE", "roles/whole/composites", [await role(stage, "part")]),
    type: "admin.REALM_ROLE-DELETE",
    understood: noRoleSaid,
  },
  "a role taken from a group": {
    act: async (stage) => {
      const { id } = await groupNamed(stage, "elsewhere");
      await stage.admin("DELETE", `groups/${id}/role-mappings/realm`, [await role(stage, "of-group")]);
    },
    type: "admin.REALM_ROLE_MAPPING-DELETE",
    understood: noRoleSaid,
  },
  "a role taken from a person": {
    act: async (stage) =>
      stage.admin("DELETE", `users/${stage.ids.alice}/role-mappings/realm`, [await role(stage, "taken")]),
    type: "admin.REALM_ROLE_MAPPING-DELETE",
    understood: "alice: lost roles taken",
  },
  "all roles taken from a person, without naming them": {
    act: ({ admin, ids }) => admin("DELETE", `users/${ids.alice}/role-mappings/realm`),
    type: "admin.REALM_ROLE_MAPPING-DELETE",
    understood: "alice: lost roles taken-unnamed",
  },
  "a client's role taken from a person": {
    act: async (stage) => {
      const path = `users/${stage.ids.alice}/role-mappings/clients/${await client(stage, "app")}`;
      await stage.admin("DELETE", path, [await clientRole(stage, "editor")]);
    },
    type: "admin.CLIENT_ROLE_MAPPING-DELETE",
    understood: "alice: lost roles editor",
  },
  "a role renamed by its name": {
    act: async (stage) =>
      stage.admin("PUT", "roles/renamed", { ...(await role(stage, "renamed")), name: "renamed-again" }),
    type: "admin.REALM_ROLE-UPDATE",
    understood: "unnamed: gone roles renamed",
  },
  "a role described": {
    act: async (stage) =>
      stage.admin("PUT", "roles/renamed-again", { ...(await role(stage, "renamed-again")), description: "d" }),
    type: "admin.REALM_ROLE-UPDATE",
    understood: "ignored",
  },
  // As the console does.
  "a role renamed by its id": {
    act: async (stage) => {
      const found = await role(stage, "renamed-again");
      await stage.admin("PUT", `roles-by-id/${found.id}`, { ...found, name: "renamed-thrice" });
    },
    type: "admin.REALM_ROLE-UPDATE",
    understood: noRoleSaid,
  },
  "a role deleted by its name": {
    act: ({ admin }) => admin("DELETE", `roles/${encodeURIComponent("odd/name ?")}`),
    type: "admin.REALM_ROLE-DELETE",
    understood: "unnamed: gone roles odd/name ?",
  },
  "a role deleted by its id": {
    act: async (stage) => stage.admin("DELETE", `roles-by-id/${(await role(stage, "by-id")).id}`),
    type: "admin.REALM_ROLE-DELETE",
    understood: noRoleSaid,
  },
  "a client's role renamed by its name": {
    act: async (stage) => {
      const path = `clients/${await client(stage, "app")}/roles/writer`;
      await stage.admin("PUT", path, { ...(await clientRole(stage, "writer")), name: "author" });
    },
    type: "admin.CLIENT_ROLE-UPDATE",
    understood: "unnamed: gone roles writer",
  },
  "a client's role deleted by its name": {
    act: async (stage) => stage.admin("DELETE", `clients/${await client(stage, "app")}/roles/reviewer`),
    type: "admin.CLIENT_ROLE-DELETE",
    understood: "unnamed: gone roles reviewer",
  },
  "a client deleted": {
    act: async (stage) => stage.admin("DELETE", `clients/${await client(stage, "app")}`),
    type: "admin.CLIENT-DELETE",
    understood: noRoleSaid,
  },
  "a link to another identity provider removed": {
    act: ({ admin, ids }) => admin("DELETE", `users/${ids.alice}/federated-identity/other`),
    type: "admin.USER-DELETE",
    understood: "ignored",
  },
  "a person disabled": {
    act: async ({ admin, ids }) =>
      admin("PUT", `users/${ids.alice}`, { ...(await admin("GET", `users/${ids.alice}`)), enabled: false }),
    type: "admin.USER-UPDATE",
    understood: "alice: disabled",
  },
  "a person deleted": {
    act: ({ admin, ids }) => admin("DELETE", `users/${ids.alice}`),
    type: "admin.USER-DELETE",
    understood: "alice: deleted",
  },
  "a person who deletes their own account": {
    act: ({ realm }) => new Browser(realm.issuer).deleteAccount("carol", "carol", guacamole),
    type: "access.DELETE_ACCOUNT",
    understood: "carol: deleted",
  },
  "a person locked out for good": {
    act: async ({ admin, realm }) => {
      const protection = { bruteForceProtected: true, permanentLockout: true, failureFactor: 1 };
      await admin("PUT", "", { ...(await admin("GET", "")), ...protection });
      await realm.signIn("dan", "wrong").catch(() => undefined);
    },
    type: "access.USER_DISABLED_BY_PERMANENT_LOCKOUT",
    understood: "dan=dan: changed",
  },
};
