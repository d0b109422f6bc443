import { app as azure } from "@azure/functions";
import { afterEach, describe, expect, it } from "vitest";
import { loadApp } from "./app.ts";
import { startFunctionsHost, type FunctionsHost } from "./host.ts";

/**
 * An app with `"routePrefix": ""`. Not measured: the sources of the host are followed (Azure/azure-functions-host:
 * HomepageMiddleware.cs, HostController.cs, and WebJobsRouter.cs of azure-webjobs-sdk-extensions).
 */
const hosts: FunctionsHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

async function start(register: () => void, environment: Record<string, string> = {}): Promise<FunctionsHost> {
  const app = await loadApp({
    appRoot: `${import.meta.dirname}/fixture`,
    environment,
    load: () => {
      register();
      return Promise.resolve();
    },
  });
  const hostJson = { version: "2.0", extensions: { http: { routePrefix: "" } } };
  const host = await startFunctionsHost({ app: { ...app, hostJson }, store: ":memory:" });
  hosts.push(host);
  return host;
}

const thing = () => {
  azure.http("thing", { route: "api/thing", authLevel: "anonymous", handler: () => ({ body: "thing" }) });
};
const everything = () => {
  azure.http("zRest", {
    route: "{*rest}",
    authLevel: "anonymous",
    methods: ["GET", "POST"],
    handler: ({ params }) => ({ body: `rest ${params["rest"] ?? ""}` }),
  });
};
const both = () => {
  thing();
  everything();
};

describe("a catch-all without a prefix", () => {
  it.each([
    ["/", "rest "],
    ["/?x=1", "rest "],
    ["/console", "rest console"],
    ["/api", "rest api"],
    ["/api/thing", "thing"],
    ["/API/Thing/", "thing"],
    ["/api/thing/x", "rest api/thing/x"],
    ["/thing", "rest thing"],
    ["/runtime", "rest runtime"],
    ["/adminx", "rest adminx"],
  ])("GET %s: %s", async (path, body) => {
    const host = await start(both);
    expect(await (await fetch(host.url + path)).text()).toBe(body);
  });

  it.each([
    ["/admin", 404],
    ["/ADMIN", 404],
    ["/admin/nowhere", 401],
    ["/runtime/webhooks/durabletask", 401],
    ["/runtime/webhooks/durabletask/instances", 401],
    ["/Runtime/Webhooks/other", 404],
    ["/runtime/webhooks/other/x", 404],
  ])("does not get what is the host's own: %s is %i, and empty", async (path, status) => {
    const host = await start(both);
    const response = await fetch(host.url + path);
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });
});

describe("the home page", () => {
  it("is for an app without a function at /, or without one for the method", async () => {
    for (const [host, method] of [
      [await start(thing), "GET"],
      [await start(both), "PUT"],
    ] as const)
      expect(await (await fetch(host.url, { method })).text()).toContain("up and running");
  });

  it("is empty with AzureWebJobsDisableHomepage, which changes nothing for a function at /", async () => {
    const off = { AzureWebJobsDisableHomepage: "True" };
    const empty = await fetch((await start(thing, off)).url);
    expect([empty.status, await empty.text()]).toEqual([204, ""]);
    expect(await (await fetch((await start(both, off)).url)).text()).toBe("rest ");
  });
});
