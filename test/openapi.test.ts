import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, object>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

let estate: TestEstate;
let response: Response;
let document: Document;

beforeAll(async () => {
  estate = await startTestEstate();
  response = await fetch(`${estate.host.url}/api/openapi.json`);
  document = (await response.json()) as Document;
});
afterAll(() => estate.close());

describe("the API's document", () => {
  it("is served to anyone", () => {
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(document.openapi).toBe("3.1.0");
  });

  it("has nothing that a linter finds", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it("has every HTTP function of the product, and nothing else", () => {
    const served = estate.host.functions
      .flatMap(({ kind, url }) => (kind === "http" && url !== undefined ? [new URL(url).pathname] : []))
      .map((path) => decodeURIComponent(path).replace(/^\/api/, ""))
      .filter((path) => path !== "/{*rest}");
    expect(Object.keys(document.paths).sort()).toEqual(served.sort());
  });

  it("takes its shapes from the schemas that check what comes in", async () => {
    const wish = document.components.schemas["DesktopWish"];
    expect(wish).toMatchObject({ type: "object", required: ["workspace"], additionalProperties: false });
    const properties = Object.keys(wish?.["properties"] ?? {});
    expect(properties).toEqual(["workspace", "claims", "subject", "session"]);
    const reply = await estate.callAsService("PUT", "/users/alice/desktop", { workspace: "asthma-cohort", more: 1 });
    expect(reply).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  });

  it("describes an operation once", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
