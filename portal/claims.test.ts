import { describe, expect, it } from "vitest";
import { type AccessClaims, claimsOf, rolesOf } from "./claims.ts";

const tokenOf = (claims: object) => {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const payload = btoa(String.fromCharCode(...bytes));
  return `e30.${payload.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.x`;
};

it("claims are read from the token as they are, whatever their letters", () => {
  const claims = { preferred_username: "zoë", name: "Zoë Ünal ☃", realm_access: { roles: ["?~"] } };
  expect(claimsOf(tokenOf(claims))).toEqual(claims);
});

describe("the roles that count", () => {
  it.each<[string, AccessClaims, string[]]>([
    ["none", {}, []],
    ["the realm's", { realm_access: { roles: ["a"] } }, ["a"]],
    ["those of the API's client", { resource_access: { us: { roles: ["b"] } } }, ["b"]],
    ["both, each once", { realm_access: { roles: ["a"] }, resource_access: { us: { roles: ["a", "b"] } } }, ["a", "b"]],
    ["not those of another client", { resource_access: { them: { roles: ["b"] } } }, []],
    ["none without a list", { realm_access: {}, resource_access: { us: {} } }, []],
  ])("are %s", (_, claims, roles) => {
    expect(rolesOf(claims, "us")).toEqual(roles);
  });

  it("are not those of what every object has", () => {
    expect(rolesOf({ resource_access: {} }, "constructor")).toEqual([]);
  });
});
