import { describe, expect, it } from "vitest";
import type { Told } from "../person/notice.ts";
import { readKeycloakEvent } from "./keycloak-event.ts";

const event = (fields: object) =>
  Buffer.from(JSON.stringify({ id: "e1", time: 1_761_735_933_035, realmName: "sde", ...fields }));
const read = (fields: object) => readKeycloakEvent(event(fields), "guacamole");

const user = { userId: "f7cd3491", username: "Alice", clientId: "guacamole", sessionId: "of-the-logout" };
const admin = { userId: "the-admin", username: "admin", clientId: "a-uuid", realmId: "master" };
const path = "users/f7cd3491";

describe("what an event tells", () => {
  it.each<[string, object, Told]>([
    ["a login to Guacamole", { type: "access.LOGIN", authDetails: user }, { what: "back" }],
    ["a choice of workspace", { type: "access.CUSTOM_REQUIRED_ACTION", authDetails: user }, { what: "back" }],
    ["a logout", { type: "access.LOGOUT", authDetails: user }, { what: "left", which: "some session" }],
    [
      "a session that expired",
      { type: "access.USER_SESSION_DELETED", authDetails: user },
      { what: "left", which: "some session" },
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
  ])("%s", (_name, fields, told) => {
    expect(read(fields)?.notice).toMatchObject({ id: "e1", at: "2025-10-29T11:05:33.035Z", subject: "f7cd3491", told });
  });

  it("names the person, and never the administrator who did it", () => {
    const told = read({ type: "admin.USER-DELETE", resourcePath: path, authDetails: admin, details: { userId: "x" } });
    expect(told?.notice).toMatchObject({ subject: "f7cd3491" });
    expect(JSON.stringify(told)).not.toContain("admin");
  });

  it("has the id of a person from elsewhere, as federation makes them", () => {
    const told = read({ type: "admin.USER-DELETE", resourcePath: "users/f:3c2a:zoë" });
    expect(told?.notice?.subject).toBe("f:3c2a:zoë");
  });

  it("has a username in lower case, as Keycloak keeps it", () => {
    expect(read({ type: "access.LOGOUT", authDetails: user })?.notice?.username).toBe("alice");
  });

  it("is of a group and of nobody where the group is deleted", () => {
    const told = read({ type: "admin.GROUP-DELETE", resourcePath: "groups/9a3e" });
    expect(told?.notice).toEqual({ id: "e1", at: "2025-10-29T11:05:33.035Z", told: { what: "group deleted" } });
  });

  it.each<[string, object]>([
    ["a login to another application", { type: "access.LOGIN", authDetails: { ...user, clientId: "wiki" } }],
    ["a login that failed", { type: "access.LOGIN_ERROR", authDetails: user }],
    ["a login of nobody", { type: "access.LOGIN", authDetails: { clientId: "guacamole" } }],
    ["a refreshed token", { type: "access.REFRESH_TOKEN", authDetails: user }],
    ["somebody who tries passwords", { type: "access.USER_DISABLED_BY_TEMPORARY_LOCKOUT", authDetails: user }],
    ["a new person", { type: "admin.USER-CREATE", resourcePath: path }],
    ["a changed realm", { type: "admin.REALM-UPDATE", resourcePath: "" }],
    ["an action that is no logout", { type: "admin.USER-ACTION", resourcePath: `${path}/execute-actions-email` }],
    ["a deleted person without a path", { type: "admin.USER-DELETE" }],
    ["a path that names nobody", { type: "admin.USER-DELETE", resourcePath: "users/" }],
    ["a system event", { type: "system.TEST" }],
    ["a type that nobody knows", { type: "constructor" }],
  ])("is nothing to us: %s", (_name, fields) => {
    expect(read(fields)).toMatchObject({ id: "e1", notice: null });
  });

  it("reads null like absent, and knows an event by its sending where it has no id", () => {
    const fields = { id: null, uid: "u1", type: "access.LOGIN", authDetails: null, resourcePath: null };
    expect(read({ ...fields, representation: null })).toMatchObject({ id: "u1", notice: null });
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
    expect(readKeycloakEvent(body, "guacamole")).toBeNull();
  });

  it("is not changed by keys that would change every object", () => {
    const body = Buffer.from(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"id":"e1","time":1,' +
        '"type":"admin.USER-UPDATE","resourcePath":"users/u","representation":"{\\"__proto__\\":{\\"enabled\\":false}}"}',
    );
    expect(readKeycloakEvent(body, "guacamole")?.notice?.told).toEqual({ what: "changed" });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
