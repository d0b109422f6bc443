import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PostgreSQLManagementFlexibleServerClient } from "@azure/arm-postgresql-flexible";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { managedServer } from "./managed-server.ts";

const id =
  "/subscriptions/6f1c5a0e-0000-4000-8000-000000000001/resourceGroups/g1/providers/Microsoft.DBforPostgreSQL/flexibleServers/db1";

/** Azure's management API as far as this product uses it: the real client talks to it over HTTP. */
let azure: Server;
let state: string;
let status: number;
let asked: string[];
const noAnswer = 0;

beforeAll(async () => {
  azure = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    asked.push(`${request.method ?? ""} ${path.slice(id.length)}`);
    response.setHeader("content-type", "application/json");
    if (status === noAnswer) {
      response.destroy();
    } else if (status !== 200) {
      response.writeHead(status).end(JSON.stringify({ error: { code: "AuthorizationFailed", message: "no right" } }));
    } else if (request.method === "POST") {
      state = "Starting";
      response.writeHead(202, { location: `http://127.0.0.1:${port()}${id}/operation` }).end();
    } else {
      response.end(JSON.stringify({ name: "db1", properties: { state } }));
    }
  });
  azure.listen(0, "127.0.0.1");
  await once(azure, "listening");
});
afterAll(async () => {
  azure.closeAllConnections();
  azure.close();
  await once(azure, "close");
});
beforeEach(() => {
  asked = [];
  status = 200;
});

const port = () => (azure.address() as AddressInfo).port;
const server = () =>
  managedServer(id, (subscription) => {
    const client = new PostgreSQLManagementFlexibleServerClient(
      { getToken: () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) },
      subscription,
      { endpoint: `http://127.0.0.1:${port()}`, allowInsecureConnection: true, retryOptions: { maxRetries: 0 } },
    );
    client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" }); // it insists on https
    return Promise.resolve(client);
  });

describe("a managed database server", () => {
  it.each(["Ready", "Updating"])("that is %s is there", async (is) => {
    state = is;
    expect(await server().ensureRunning()).toMatchObject({ seen: "ready" });
    expect(asked).toEqual(["GET "]);
  });

  it("that is stopped is started, once, and waited for", async () => {
    state = "Stopped";
    const managed = server();
    expect(await managed.ensureRunning()).toMatchObject({ seen: "waiting", againInSeconds: 10 });
    expect(await managed.ensureRunning()).toMatchObject({
      seen: "waiting",
      message: expect.stringContaining("Starting") as string,
    });
    expect(asked.filter((call) => call === "POST /start")).toHaveLength(1);
  });

  it.each(["Starting", "Stopping", "Restarting", "Provisioning"])("that is %s is waited for", async (is) => {
    state = is;
    expect(await server().ensureRunning()).toMatchObject({ seen: "waiting" });
    expect(asked).toEqual(["GET "]);
  });

  it.each(["Disabled", "Dropping", "Inaccessible"])("that is %s ends the wait", async (is) => {
    state = is;
    expect(await server().ensureRunning()).toMatchObject({ refused: "database-not-running" });
  });

  it.each([429, 500, 503])("is waited for while Azure answers %i", async (is) => {
    status = is;
    expect(await server().ensureRunning()).toMatchObject({ seen: "waiting", againInSeconds: 10 });
    status = 200;
    state = "Ready";
    expect(await server().ensureRunning()).toMatchObject({ seen: "ready" });
  });

  it("is waited for while Azure does not answer", async () => {
    status = noAnswer;
    expect(await server().ensureRunning()).toMatchObject({
      seen: "waiting",
      message: expect.stringContaining("db1") as string,
    });
  });

  it("that may not be looked at is an error that names it", async () => {
    status = 403;
    await expect(server().ensureRunning()).rejects.toMatchObject({
      code: "database-not-running",
      message: expect.stringContaining("db1") as string,
    });
  });
});
