import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { useIssuer } from "./issuer.ts";
import { serviceClient } from "./sample-estate.ts";

const secret = "the secret of the service client";
let folder: string;
let secretFile: string;
let identity: IdentityProvider;
let other: Server;
let elsewhere: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "issuer-"));
  secretFile = await write("secret", `${secret}\n`);
  const clients = [serviceClient(secret)];
  identity = await startIdentityProvider({ store: ":memory:", audience: "guacamole-workspaces", clients, users: [] });
  other = createServer((request, response) => {
    if (request.url?.startsWith("/moved/") === true) response.writeHead(302, { location: identity.issuer }).end();
    else if (request.url?.startsWith("/page/") === true) response.end("<html>Keycloak</html>");
    // Another one's discovery, as a proxy in front of Keycloak serves it while KC_HOSTNAME names another address.
    else response.end(JSON.stringify({ issuer: identity.issuer }));
  });
  elsewhere = await listening(other);
});
afterAll(async () => {
  await identity.close();
  other.close();
  await rm(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

/** An address at which nothing listens any more. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

const use = (issuer: string, file = secretFile, environment = {}) =>
  useIssuer({ issuer, client: "workspace-action", secretFile: file }, environment);

it("an issuer that is what it calls itself gives the client's tokens, and settings that the environment may change", async () => {
  const used = await use(identity.issuer, secretFile, {
    OIDC_ISSUER: "http://another",
    OIDC_CLIENTS: "workspace-action,portal",
    KEYCLOAK_ADMIN_CLIENT: "lookup",
    KUBECONFIG: "/theirs",
  });
  expect(await used.token()).toMatch(/^ey/);
  expect(used.settings).toEqual({
    OIDC_ISSUER: identity.issuer,
    OIDC_AUDIENCE: "guacamole-workspaces",
    OIDC_CLIENTS: "workspace-action,portal",
    KEYCLOAK_ADMIN_CLIENT: "lookup",
  });
  expect(JSON.stringify(used.running)).not.toContain(secret);
});

it.each<[string, () => Promise<unknown>, RegExp]>([
  [
    "an issuer that does not answer",
    async () => use(`${await closedAddress()}/realms/sde`),
    /^reach --issuer http\S+\/realms\/sde: fetch failed: connect ECONNREFUSED .*\(is it running/,
  ],
  [
    "a realm that does not exist",
    () => use(identity.issuer.replace("/sde", "/none")),
    /^read --issuer .* answered 404 and no discovery document \(give the realm's address/,
  ],
  ["a slash too many", () => use(`${identity.issuer}/`), /no discovery document/],
  ["a page", () => use(`${elsewhere}/page`), /answered 200 and no discovery document/],
  ["a redirect", () => use(`${elsewhere}/moved`), /answered 302 and no discovery document/],
  [
    "discovery that names another issuer",
    () => use(`${elsewhere}/realms/sde`),
    /^read --issuer \S+: it calls itself http\S+\/realms\/sde there \(give that address; Keycloak's is fixed by KC_HOSTNAME/,
  ],
  [
    "a wrong secret",
    async () => use(identity.issuer, await write("wrong", "another secret")),
    /^get a token of client workspace-action: the identity provider answered 401 .*\(is the secret in \S+wrong that of workspace-action/,
  ],
  ["a file that does not exist", () => use(identity.issuer, join(folder, "none")), /^read --secret-file \S+: ENOENT/],
  ["an empty file", async () => use(identity.issuer, await write("empty", "\n")), /: it is empty \(write the client's/],
  [
    "a file that the group may read",
    async () => use(identity.issuer, await write("group", secret, 0o640)),
    /: other users of this machine may read or change it \(make it yours alone: chmod 600 /,
  ],
  [
    "a file that anybody may write",
    async () => use(identity.issuer, await write("writable", secret, 0o602)),
    /: other users of this machine may read or change it/,
  ],
  ["a folder", () => use(identity.issuer, folder), /: it is a folder \(name a file\)/],
])("%s is refused in words that keep the secret", async (_words, act, words) => {
  const error = (await act().catch((refused: unknown) => refused)) as Error;
  expect(error.message).toMatch(words);
  expect(error.message).not.toContain(secret);
});
