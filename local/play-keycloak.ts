/**
 * `npm run -s keycloak -- ACTION NAME` plays an administrator who logs out, changes or deletes a sample person in
 * Keycloak, through its admin API. The product is notified by back-channel logout and webhook, as by a real Keycloak.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { stableId } from "@stand-in/identity";
import { sampleUsers } from "./sample-estate.ts";
import { readRunning } from "./token.ts";

type Users = KeycloakAdminClient["users"];

const actions: Readonly<Record<string, (users: Users, id: string) => Promise<string>>> = {
  async logout(users, id) {
    await users.logout({ id });
    return "is logged out; their desktop is suspended unless they come back within the grace period";
  },
  async disable(users, id) {
    await users.update({ id }, { enabled: false });
    return "is disabled; all their desktops and access are removed";
  },
  async "leave-groups"(users, id) {
    const groups = await users.listGroups({ id });
    for (const group of groups) await users.delFromGroup({ id, groupId: group.id ?? "" });
    return `has left all groups (${groups.map(({ path }) => path).join(", ") || "was in none"})`;
  },
  async delete(users, id) {
    await users.del({ id });
    return "is deleted; all their desktops and access are removed";
  },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { state: { type: "string", default: ".local" } },
  });
  const [name = "", username = ""] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  const people = sampleUsers.map((user) => user.username);
  if (!action || !people.includes(username))
    throw new Error(
      `name an action and a person: npm run -s keycloak -- ${Object.keys(actions).join("|")} ${people.join("|")}`,
    );
  const { issuer, administrator } = await readRunning(values.state);
  if (!administrator)
    throw new Error(`play an administrator: ${issuer} was not started here (change people in its own console)`);
  const keycloak = new KeycloakAdminClient({ baseUrl: new URL(issuer).origin, realmName: "sde" });
  const clientSecret = (await readFile(administrator.secretFile, "utf8")).trim();
  await keycloak.auth({ grantType: "client_credentials", clientId: administrator.id, clientSecret });
  process.stdout.write(`${username} ${await action(keycloak.users, stableId(username))}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
