import { describe, expect, it } from "vitest";
import { noBrowser, usePortal } from "./harness.ts";

const role = "estate-operators";
const audience = "guacamole-workspaces";
const person = (username: string, claims: object) => ({ username, password: username, claims: { ...claims } });

/** Whom the console is for if ADMIN_ROLE names another role: the page and the API have to agree. */
describe.skipIf(noBrowser)(`the operators' role in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const users = [
    person("rita", { realm_access: { roles: [role] } }),
    person("carl", { resource_access: { [audience]: { roles: [role] } } }),
    person("otto", { resource_access: { "another-client": { roles: [role] } } }),
  ];
  const portal = usePortal({ settings: { ADMIN_ROLE: role }, more: { users } });

  it.each(["rita", "carl"])("%s has it, in the realm or of the product's client", async (username) => {
    const { context, page, faults } = await portal.signIn(username, "/console");
    await page.getByText("0 desktops").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it.each(["otto", "olga"])("%s has a role of another client, or of another name", async (username) => {
    const { context, page } = await portal.signIn(username, "/console");
    await page.getByText(`It needs the role ${role}.`).waitFor();
    expect(await page.getByRole("navigation", { name: "Console" }).count()).toBe(0);
    await context.close();
  });
});
