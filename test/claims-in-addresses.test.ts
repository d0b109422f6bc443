import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** Gateways, proxies and browsers log addresses, so what is known of a person is never in one. */
let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

it("no route takes claims, an id or a session in its address", () => {
  for (const { method, path, endpoint } of estate.described)
    for (const name of Object.keys(endpoint.query?.shape ?? {}))
      expect([method, path, name]).not.toEqual([
        method,
        path,
        expect.stringMatching(/claim|group|role|subject|session|token/i),
      ]);
});

it("claims in an address are refused, and their refusal does not repeat them", async () => {
  const claims = encodeURIComponent('{"groups":["/a-secret-group"]}');
  for (const [method, path] of [
    ["GET", "/users/bob/workspaces"],
    ["PUT", "/users/bob/desktop"],
    ["DELETE", "/users/bob/desktop"],
  ] as const) {
    const body = method === "PUT" ? { workspace: "cancer-registry" } : undefined;
    const reply = await estate.callAsService<unknown>(method, `${path}?claims=${claims}`, body);
    expect(reply).toMatchObject({ status: 400, body: { code: "malformed-parameter" } });
    expect(JSON.stringify(reply.body)).not.toContain("a-secret-group");
  }
});

it("the provider for Keycloak builds no address with a query but the time to wait", async () => {
  const folder = fileURLToPath(new URL("../infra/keycloak/provider/src/main/java", import.meta.url));
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".java"));
  const sources = await Promise.all(files.map((name) => readFile(`${folder}/${name}`, "utf8")));
  const queries = sources.flatMap((source) => [...source.matchAll(/[?&](\w+)=/g)].map(([, name]) => name));
  expect(new Set(queries)).toEqual(new Set(["wait"]));
});
