import { describe, expect, it } from "vitest";
import type { Told } from "../person/notice.ts";
import { type EventFault, readKeycloakEvent } from "./keycloak-event.ts";

const event = (fields: object) =>
  Buffer.from(JSON.stringify({ id: "e1", time: 1_761_735_933_035, realmName: "sde", ...fields }));
const rules = { realm: "sde", guacamoleClient: "guacamole" };
const read = (fields: object) => readKeycloakEvent(event(fields), rules);
const noticeIn = (fields: object) => {
  const told = read(fields);
  return told.kind === "notice" ? told.notice : null;
};

const user = { userId: "f7cd3491", username: "Alice", clientId: "guacamole", sessionId: "one" };
const admin = { userId: "the-admin", username: "admin", clientId: "a-uuid", realmId: "master" };
const path = "users/f7cd3491";

describe("what an event tells", () => {
  it.each<[string, object, Told]>([
    ["a login to Guacamole", { type: "access.LOGIN", authDetails: user }, { what: "back" }],
    ["a logout", { type: "access.LOGOUT", authDetails: user }, { what: "left", which: { session: "one" } }],
    [
      "a logout that names no session",
      { type: "access.LOGOUT", authDetails: { ...user, sessionId: undefined } },
      { what: "left", which: "some session" },
    ],
    [
      "a session that expired",
      { type: "access.USER_SESSION_DELETED", authDetails: user },
      { what: "left", which: { session: "one" } },
    ],
    ["an account that its owner deleted", { type: "access.DELETE_ACCOUNT", authDetails: user }, { what: "deleted" }],
    [
      "an account that is locked for good",
      { type: "access.USER_DISABLED_BY_PERMANENT_LOCKOUT", authDetails: user },
      { what: "changed" },
    ],
    ["a deleted person", { type: "admin.USER-DELETE", resourcePath: path, authDetails: admin }, { what: "deleted" }],
    [
      "a disabled person",
      { type: "admin.USER-UPDATE", resourcePath: path, representation: '{"enabled":false}' },
      { what: "disabled" },
    ],
    [
      "a person who is enabled",
      { type: "admin.USER-UPDATE", resourcePath: path, representation: '{"enabled":true}' },
      { what: "changed" },
    ],
    [
      "an update that does not say enabled",
      { type: "admin.USER-UPDATE", resourcePath: path, representation: "{}" },
      { what: "changed" },
    ],
    [
      "an update whose representation is no JSON",
      { type: "admin.USER-UPDATE", resourcePath: path, representation: "{" },
      { what: "changed" },
    ],
    [
      "a person whom an administrator signs out",
      { type: "admin.USER-ACTION", resourcePath: `${path}/logout` },
      { what: "left", which: "every session" },
    ],
    [
      "a person who is removed from a group",
      {
        type: "admin.GROUP_MEMBERSHIP-DELETE",
        resourcePath: `${path}/groups/9a3e`,
        representation: '{"id":"9a3e","name":"ws1","path":"/workspaces/ws1"}',
      },
      { what: "lost", claim: "groups", values: ["/workspaces/ws1", "ws1"] },
    ],
    [
      "a role that is taken away",
      {
        type: "admin.REALM_ROLE_MAPPING-DELETE",
        resourcePath: `${path}/role-mappings/realm`,
        representation: '[{"name":"reader"}]',
      },
      { what: "lost", claim: "roles", values: ["reader"] },
    ],
    [
      "a client's role that is taken away",
      {
        type: "admin.CLIENT_ROLE_MAPPING-DELETE",
        resourcePath: `${path}/role-mappings/clients/c`,
        representation: '[{"name":"reader"},{"name":"writer"}]',
      },
      { what: "lost", claim: "roles", values: ["reader", "writer"] },
    ],
    [
      "something below a person that says it is not enabled",
      { type: "admin.USER-UPDATE", resourcePath: `${path}/federated-identity/x`, representation: '{"enabled":false}' },
      { what: "changed" },
    ],
  ])("%s", (_name, fields, told) => {
    expect(noticeIn(fields)).toMatchObject({ id: "e1", at: "2025-10-29T11:05:33.035Z", subject: "f7cd3491", told });
  });

  const gone = (claim: "groups" | "roles", ...values: string[]): Told => ({ what: "gone", claim, values });
  const group = (fields: object) => JSON.stringify({ id: "g", ...fields });
  it.each<[string, object, Told]>([
    [
      "everybody who is signed out",
      { type: "admin.REALM-ACTION", resourcePath: "logout-all" },
      { what: "everybody left" },
    ],
    [
      "one session that an administrator ends",
      { type: "admin.USER_SESSION-DELETE", resourcePath: "sessions/one", representation: '{"offline":false}' },
      { what: "left", which: { session: "one" } },
    ],
    [
      "a session that expired, of nobody",
      { type: "access.USER_SESSION_DELETED", authDetails: { sessionId: "one" } },
      { what: "left", which: { session: "one" } },
    ],
    ["a deleted group, in Keycloak 25", { type: "admin.GROUP-DELETE", resourcePath: "groups/g" }, gone("groups")],
    [
      "a deleted group, in Keycloak 26",
      { type: "admin.GROUP-DELETE", resourcePath: "groups/g", representation: group({ name: "asthma" }) },
      gone("groups", "/asthma", "asthma"),
    ],
    [
      "a deleted group that is named with its path",
      { type: "admin.GROUP-DELETE", resourcePath: "groups/g", representation: group({ name: "b", path: "/a/b" }) },
      gone("groups", "/a/b", "b"),
    ],
    [
      "a renamed group, by its new name alone",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups/g", representation: group({ name: "new" }) },
      gone("groups"),
    ],
    [
      "a renamed group, with the path as it was read before",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups/g", representation: group({ name: "new", path: "/a/old" }) },
      gone("groups", "/a/old", "old"),
    ],
    [
      "a group whose attributes changed",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups/g", representation: group({ name: "b", path: "/a/b" }) },
      gone("groups"),
    ],
    [
      "a group with a slash in its name whose attributes changed",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups/g", representation: group({ name: "b/c", path: "/a/b~/c" }) },
      gone("groups"),
    ],
    [
      "a group that is moved below another",
      {
        type: "admin.GROUP-UPDATE",
        resourcePath: "groups/p/children",
        representation: group({ name: "a", path: "/a" }),
      },
      gone("groups", "/a"),
    ],
    [
      "a group that stays below its parent",
      {
        type: "admin.GROUP-UPDATE",
        resourcePath: "groups/p/children",
        representation: group({ name: "b", path: "/a/b", parentId: "p" }),
      },
      gone("groups"),
    ],
    [
      "a group that is moved to the top",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups", representation: group({ name: "b", path: "/a/b" }) },
      gone("groups", "/a/b"),
    ],
    [
      "a group that stays at the top",
      { type: "admin.GROUP-UPDATE", resourcePath: "groups", representation: group({ name: "a", path: "/a" }) },
      gone("groups"),
    ],
    ["a deleted role", { type: "admin.REALM_ROLE-DELETE", resourcePath: "roles/reader" }, gone("roles", "reader")],
    [
      "a deleted role of a client",
      { type: "admin.CLIENT_ROLE-DELETE", resourcePath: "clients/c/roles/reader" },
      gone("roles", "reader"),
    ],
    ["a role deleted by its id", { type: "admin.REALM_ROLE-DELETE", resourcePath: "roles-by-id/r" }, gone("roles")],
    [
      "a role deleted by its id, and named",
      { type: "admin.REALM_ROLE-DELETE", resourcePath: "roles-by-id/r", representation: '{"name":"reader"}' },
      gone("roles", "reader"),
    ],
    [
      "a role that is taken out of a composite role",
      {
        type: "admin.REALM_ROLE-DELETE",
        resourcePath: "roles/staff/composites",
        representation: '[{"name":"reader"}]',
      },
      gone("roles"),
    ],
    [
      "a role that is taken from a group",
      {
        type: "admin.REALM_ROLE_MAPPING-DELETE",
        resourcePath: "groups/g/role-mappings/realm",
        representation: '[{"name":"reader"}]',
      },
      gone("roles"),
    ],
    [
      "a client's role that is taken from a group",
      { type: "admin.CLIENT_ROLE_MAPPING-DELETE", resourcePath: "groups/g/role-mappings/clients/c" },
      gone("roles"),
    ],
    [
      "a renamed role",
      { type: "admin.REALM_ROLE-UPDATE", resourcePath: "roles/reader", representation: '{"name":"user"}' },
      gone("roles", "reader"),
    ],
    [
      "a role changed by its id",
      { type: "admin.CLIENT_ROLE-UPDATE", resourcePath: "roles-by-id/r", representation: '{"name":"user"}' },
      gone("roles"),
    ],
    ["a deleted client", { type: "admin.CLIENT-DELETE", resourcePath: "clients/c" }, gone("roles")],
  ])("%s, and is about nobody in particular", (_name, fields, told) => {
    expect(noticeIn({ authDetails: admin, ...fields })).toEqual({ id: "e1", at: "2025-10-29T11:05:33.035Z", told });
  });

  it.each([
    ["admin.GROUP_MEMBERSHIP-DELETE", `${path}/groups/9a3e`],
    ["admin.REALM_ROLE_MAPPING-DELETE", `${path}/role-mappings/realm`],
    ["admin.CLIENT_ROLE_MAPPING-DELETE", `${path}/role-mappings/clients/c`],
  ])("is incomplete if %s does not say what was taken away", (type, resourcePath) => {
    for (const representation of [undefined, "{", "{}", "[]"]) {
      const told = read({ type, resourcePath, representation });
      expect(told).toMatchObject({ kind: "notice", notice: { subject: "f7cd3491", told: { values: [] } } });
      expect(told).toMatchObject({ fault: "no-detail" });
    }
  });

  it("names the person, and never the administrator who did it", () => {
    const told = read({ type: "admin.USER-DELETE", resourcePath: path, authDetails: admin, details: { userId: "x" } });
    expect(told).toMatchObject({ notice: { subject: "f7cd3491" } });
    expect(JSON.stringify(told)).not.toContain('admin"');
  });

  it("has the id of a person from elsewhere, as federation makes them", () => {
    expect(noticeIn({ type: "admin.USER-DELETE", resourcePath: "users/f:3c2a:zoë" })?.subject).toBe("f:3c2a:zoë");
  });

  it("has a username in lower case, as Keycloak keeps it", () => {
    expect(noticeIn({ type: "access.LOGOUT", authDetails: user })?.username).toBe("alice");
  });

  it.each<[string, object]>([
    ["a login to another application", { type: "access.LOGIN", authDetails: { ...user, clientId: "wiki" } }],
    ["a login that failed", { type: "access.LOGIN_ERROR", authDetails: user }],
    ["a choice of workspace: the login follows", { type: "access.CUSTOM_REQUIRED_ACTION", authDetails: user }],
    ["a refreshed token", { type: "access.REFRESH_TOKEN", authDetails: user }],
    ["somebody who tries passwords", { type: "access.USER_DISABLED_BY_TEMPORARY_LOCKOUT", authDetails: user }],
    ["a new person", { type: "admin.USER-CREATE", resourcePath: path }],
    ["a changed realm", { type: "admin.REALM-UPDATE", resourcePath: "" }],
    ["keys that are revoked", { type: "admin.REALM-ACTION", resourcePath: "push-revocation" }],
    ["an action that is no logout", { type: "admin.USER-ACTION", resourcePath: `${path}/execute-actions-email` }],
    [
      "a link to another identity provider that is removed",
      { type: "admin.USER-DELETE", resourcePath: `${path}/federated-identity/github` },
    ],
    [
      "an offline session that is revoked",
      { type: "admin.USER_SESSION-DELETE", resourcePath: "sessions/one", representation: '{"offline":true}' },
    ],
    ["a group that is given", { type: "admin.GROUP_MEMBERSHIP-CREATE", resourcePath: `${path}/groups/g` }],
    ["a role that is given", { type: "admin.REALM_ROLE_MAPPING-CREATE", resourcePath: `${path}/role-mappings/realm` }],
    [
      "a role with another description",
      { type: "admin.REALM_ROLE-UPDATE", resourcePath: "roles/reader", representation: '{"name":"reader"}' },
    ],
    ["a setting of a client that is removed", { type: "admin.CLIENT-DELETE", resourcePath: "clients/c/nodes/n" }],
    ["a system event", { type: "system.TEST" }],
    ["an event of another realm that would be irrelevant here", { type: "admin.CLIENT-UPDATE", realmName: "other" }],
  ])("is irrelevant: %s", (_name, fields) => {
    expect(read(fields)).toMatchObject({ kind: "irrelevant", id: "e1" });
  });

  it.each<[string, EventFault, object]>([
    ["a login of nobody", "no-subject", { type: "access.LOGIN", authDetails: { clientId: "guacamole" } }],
    ["a logout of nobody", "no-subject", { type: "access.LOGOUT", authDetails: null }],
    ["a session that expired, unnamed", "no-subject", { type: "access.USER_SESSION_DELETED", authDetails: {} }],
    [
      "a session that is ended, unnamed",
      "no-subject",
      { type: "admin.USER_SESSION-DELETE", resourcePath: "sessions/" },
    ],
    ["a deleted person without a path", "no-subject", { type: "admin.USER-DELETE" }],
    ["a path that names nobody", "no-subject", { type: "admin.USER-DELETE", resourcePath: "users/" }],
    ["an action on nobody", "no-subject", { type: "admin.USER-ACTION", resourcePath: "logout" }],
    ["a deleted group without a path", "no-subject", { type: "admin.GROUP-DELETE" }],
    ["a deleted role without a path", "no-subject", { type: "admin.REALM_ROLE-DELETE", resourcePath: "roles/" }],
    ["a type that nobody knows", "unknown-type", { type: "constructor" }],
    ["a type that a newer Keycloak may have", "unknown-type", { type: "admin.DESKTOP-DELETE" }],
    ["an operation that nobody knows", "unknown-type", { type: "admin.USER-EXPLODE" }],
    [
      "another realm's deletion",
      "another-realm",
      { type: "admin.USER-DELETE", resourcePath: path, realmName: "other" },
    ],
    ["another realm's unknown type", "another-realm", { type: "constructor", realmName: "other" }],
  ])("is not understood: %s (%s)", (_name, fault, fields) => {
    expect(read(fields)).toEqual({ kind: "not understood", id: "e1", type: expect.any(String) as string, fault });
  });

  it.each([null, undefined, "sde"])("belongs to the realm that signed it if it says realm %s", (realmName) => {
    // keycloak-events 0.33: an administrator's event has the administrator's realm in realmId, and no realmName.
    const fields = { type: "admin.USER-DELETE", resourcePath: path, realmId: "master", realmName };
    expect(noticeIn(fields)).toMatchObject({ subject: "f7cd3491", told: { what: "deleted" } });
  });

  it("reads null like absent, and knows an event by its sending where it has no id", () => {
    const fields = { id: null, uid: "u1", type: "access.LOGIN", authDetails: null, resourcePath: null };
    expect(read({ ...fields, representation: null })).toMatchObject({ id: "u1", kind: "irrelevant" });
  });

  it.each<[string, Uint8Array]>([
    ["nothing", Buffer.from("")],
    ["no JSON", Buffer.from("{")],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["a list", Buffer.from("[]")],
    ["null", Buffer.from("null")],
    ["an event without a time", Buffer.from('{"id":"e1","type":"access.LOGIN"}')],
    ["a time that is none", Buffer.from('{"id":"e1","time":9e15,"type":"access.LOGIN"}')],
    ["an event without an id", Buffer.from('{"time":1,"type":"access.LOGIN"}')],
    ["a type that is no text", Buffer.from('{"id":"e1","time":1,"type":["access.LOGIN"]}')],
    ["JSON nested 100,000 deep", Buffer.from("[".repeat(100_000) + "]".repeat(100_000))],
  ])("is unreadable as %s", (_name, body) => {
    expect(readKeycloakEvent(body, rules)).toMatchObject({ kind: "not understood", fault: "unreadable" });
  });

  it("is counted by its type if that is readable, at a bounded length", () => {
    const typeOf = (type: unknown) => readKeycloakEvent(Buffer.from(JSON.stringify({ type })), rules).type;
    expect([typeOf("admin.USER-DELETE"), typeOf("x".repeat(1_000)), typeOf(1)]).toEqual([
      "admin.USER-DELETE",
      "x".repeat(80),
      "none",
    ]);
  });

  it("is not changed by keys that would change every object", () => {
    const body = Buffer.from(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"id":"e1","time":1,' +
        '"type":"admin.USER-UPDATE","resourcePath":"users/u","representation":"{\\"__proto__\\":{\\"enabled\\":false}}"}',
    );
    expect(readKeycloakEvent(body, rules)).toMatchObject({ notice: { told: { what: "changed" } } });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
