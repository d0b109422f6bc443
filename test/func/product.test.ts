import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../../shared/desktop/names.ts";
import { smokeCalls } from "./calls.ts";
import { namespace } from "./outside.ts";
import { choice, type Operation, type ProductUnderTest, startProductUnderTest } from "./product.ts";
import { until } from "./until.ts";

/**
 * The product on a Functions host of which these tests know only the address. The same file runs on our local host,
 * with Core Tools, and on a host that runs already (README, “On a real Functions host”).
 */
let product: ProductUnderTest;
const [asthma, registry] = ["asthma-cohort", "cancer-registry"];
/** A real host takes more time for each step, and up to a minute to continue after a crash. */
const patience = 5 * 60_000;

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
}
let document: Document;

beforeAll(async () => {
  product = await startProductUnderTest();
  const { status, body } = await product.send("/openapi.json");
  // If even this call fails, each of the others still shows what it gets.
  document = status === 200 ? (body as unknown as Document) : { paths: {} };
  return product.close;
}, 20 * 60_000);

/** Returns whose connection in which workspace may be opened. */
async function open(): Promise<string[]> {
  const { rows } = await product.outside.guacamole.query<{ name: string }>(
    "SELECT name FROM guacamole_connection_permission JOIN guacamole_entity USING (entity_id) ORDER BY name",
  );
  return rows.map(({ name }) => name);
}

const aliceState = async () => (await product.call("alice", "GET", "/users/alice/desktop")).body["state"];

describe(`the product on ${choice.words}`, { timeout: patience }, () => {
  it("brings up a desktop: the operation ends as done, and its person may open it", async () => {
    const operation = await product.ask(asthma);
    expect(await product.end(operation)).toMatchObject({ id: operation.id, state: "done" });
    expect(await aliceState()).toBe("ready");
    expect(await open()).toEqual([`${asthma}@alice`]);
  });

  it("switches to another workspace: the new desktop can be opened, the old one cannot", async () => {
    expect(await product.end(await product.ask(registry))).toMatchObject({ state: "done" });
    expect(await open()).toEqual([`${registry}@alice`]);
  });

  it("continues after kill -9 in the middle of an activity and a restart", async ({ skip }) => {
    const { host, outside } = product;
    skip(host.process === undefined, "the suite did not start this host, so it must not kill it");
    const deployment = deploymentName({ workspace: asthma, username: "alice" });
    // The activity that waits for the pod runs for as long as the pod is not ready.
    outside.cluster.setFault({ namespace, deployment }, "never-ready");
    const { id } = await product.ask(asthma);
    await until("the activation to wait for the pod", 60, async () => {
      const { status, body } = await product.call<Operation>("alice", "GET", `/operations/${id}?wait=1`);
      expect(status, JSON.stringify(body)).toBeLessThan(400);
      return body.progress?.step === "readiness" || undefined;
    });
    await host.process?.crash();
    await expect(product.send("/health/live")).rejects.toThrow("fetch failed");
    outside.cluster.setFault({ namespace, deployment }, null);
    await host.process?.restart();

    expect(await product.end({ id, state: "pending" })).toMatchObject({ id, state: "done" });
    expect(await open()).toEqual([`${asthma}@alice`]);
    const connections = await outside.guacamole.query("SELECT connection_name FROM guacamole_connection");
    expect(connections.rows).toHaveLength(2);
  });

  it("runs its timers: a reap run shows in GET /maintenance, and a scaled binding is acted on", async () => {
    expect(await product.end(await product.ask(null))).toMatchObject({ state: "done" });
    await KubernetesObjectApi.makeApiClient(product.outside.kubeconfig).patch(
      {
        apiVersion: "xlscsde.nhs.uk/v1",
        kind: "AnalyticsWorkspaceBinding",
        metadata: { name: `${asthma}-alice`, namespace },
        spec: { replicas: 1 },
      },
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    );
    await until("the desktop of the scaled binding", 120, async () => (await aliceState()) === "ready" || undefined);
    const reap = await until("a run of the reaping timer", 120, async () => {
      const { body } = await product.call<{ runs: { reap: unknown } }>("olga", "GET", "/maintenance");
      return body.runs.reap ?? undefined;
    });
    expect(reap).toMatchObject({ startedAt: expect.any(String) as string });
  });

  it("has a smoke call for every documented call, and for no others", () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(Object.keys(smokeCalls).sort()).toEqual(documented.sort());
  });

  it.each(Object.entries(smokeCalls))("answers %s as documented", async (name, perform) => {
    const { status, headers, body } = await perform(product);
    const [method = "", path = ""] = name.split(" ");
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    expect(Object.keys(responses)).toContain(String(status));
    if (body["text"] !== "") expect(headers.get("content-type")).toMatch(/^application\/json/);
  });

  it("answers an unknown path with 404, and an unknown method with 405 and the allowed ones", async () => {
    for (const path of ["/nowhere", "/users/alice/nowhere", "/desktops/1/2/3"])
      expect(await product.send(path)).toMatchObject({ status: 404, body: { code: "not-found" } });
    const wrong = await product.send("/users/alice/desktop", { method: "PATCH" });
    expect(wrong).toMatchObject({ status: 405, body: { code: "method-not-allowed" } });
    expect((wrong.headers.get("allow") ?? "").split(", ").sort()).toEqual(["DELETE", "GET", "HEAD", "PUT"]);
  });

  it("serves the portal's pages beside the API, and nothing else", async () => {
    const get = (path: string, headers = {}) => fetch(product.host.url + path, { headers, redirect: "manual" });
    const page = await get("/");
    const text = await page.text();
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(text).toContain("&quot;clientId&quot;:&quot;desktops-portal&quot;");
    expect((await get("/", { "if-none-match": page.headers.get("etag") ?? "" })).status).toBe(304);

    const [, script = "none"] = /<script[^>]* src="([^"]+)"/.exec(text) ?? [];
    const compressed = await get(script, { "accept-encoding": "br" });
    expect([compressed.status, compressed.headers.get("content-encoding")]).toEqual([200, "br"]);
    const plain = await get(script, { "accept-encoding": "identity" });
    expect((await compressed.text()) === (await plain.text()), "the script is the same in both forms").toBe(true);
    expect([(await get("/console")).status, (await get("/accessibility")).status]).toEqual([200, 200]);
    for (const path of ["/nowhere", "/index.html", "/assets/", "/assets/%2e%2e/%2e%2e/host.json"]) {
      const { status, headers } = await get(path);
      expect([path, status, headers.get("content-type")]).toEqual([path, 404, "text/html; charset=utf-8"]);
    }
  });

  // The real host drops a body without Content-Length, and the function sees none.
  it("answers a chunked body with 411", async () => {
    const headers = {
      authorization: `Bearer ${await product.outside.token("alice")}`,
      "content-type": "application/json",
    };
    const body = new Blob([JSON.stringify({ workspace: asthma })]).stream();
    const reply = await product.send("/users/alice/desktop", { method: "PUT", headers, body, duplex: "half" });
    expect(reply).toMatchObject({ status: 411, body: { code: "length-required" } });
  });

  it("answers a call without a token with 401, and a person's call about another person with 403", async () => {
    expect(await product.send("/users/alice/desktop")).toMatchObject({ status: 401 });
    expect(await product.call("bob", "GET", "/users/alice/desktop")).toMatchObject({ status: 403 });
  });
});
