import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workspacePattern } from "../shared/desktop/names.ts";
import { type ErrorCode, errorCodes } from "../shared/errors.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

interface Answer {
  headers: Record<string, object>;
  content?: Record<
    string,
    { schema: { properties?: { code?: { enum: string[] } } }; example?: unknown; examples?: object }
  >;
  links?: Record<string, { operationId: string }>;
}
interface Parameter {
  name: string;
  in: string;
  schema?: object;
  content?: Record<string, { schema: object }>;
}
interface Operation {
  operationId: string;
  tags: string[];
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, Answer>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
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

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
  );
const operation = (name: string) => {
  const found = operations().find((each) => each.name === name);
  if (!found) throw new Error(`the document has no ${name}`);
  return found;
};
const parametersOf = (name: string) =>
  Object.fromEntries(operation(name).parameters.map(({ name: own, schema, content }) => [own, schema ?? content]));

describe("the API's document", () => {
  it("is served without authentication", () => {
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(document.openapi).toBe("3.1.0");
  });

  it("passes a strict linter", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it("contains every HTTP function of the product, and no others", () => {
    const served = estate.host.functions
      .flatMap(({ kind, url }) => (kind === "http" && url !== undefined ? [new URL(url).pathname] : []))
      .map((path) => decodeURIComponent(path).replace(/^\/api/, ""))
      .filter((path) => path !== "/{*rest}");
    expect(Object.keys(document.paths).sort()).toEqual(served.sort());
  });

  it("takes its shapes from the schemas that validate input", async () => {
    const wish = document.components.schemas["DesktopWish"];
    expect(wish).toMatchObject({ type: "object", required: ["workspace"], additionalProperties: false });
    const properties = Object.keys(wish?.["properties"] ?? {});
    expect(properties).toEqual(["workspace", "claims", "subject", "session"]);
    const reply = await estate.callAsService("PUT", "/users/alice/desktop", { workspace: "asthma-cohort", more: 1 });
    expect(reply).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  });

  it("has unique operation ids", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("lists each status separately, with an example of each answer", () => {
    for (const { name, responses } of operations())
      for (const [status, { content = {} }] of Object.entries(responses)) {
        expect(status, name).toMatch(/^[2-5]\d\d$/);
        for (const [type, { example, examples }] of Object.entries(content))
          expect(example ?? examples, `${name} ${status} ${type}`).toBeDefined();
      }
  });

  it("lists the headers of each answer", () => {
    const expected = (name: string, status: string) => [
      "x-request-id",
      ...(status === "401" ? ["www-authenticate"] : []),
      ...(status === "405" ? ["allow"] : []),
      ...(status === "429" ? ["retry-after"] : []),
      ...(status === "503" && name !== "GET /health/ready" ? ["retry-after"] : []),
      ...(status === "202" && isFollowed(name) ? ["location", "retry-after"] : []),
    ];
    const isFollowed = (name: string) => operation(name).responses["202"]?.links !== undefined;
    for (const { name, responses } of operations())
      for (const [status, { headers }] of Object.entries(responses))
        expect([name, status, Object.keys(headers).sort()]).toEqual([name, status, expected(name, status).sort()]);
  });

  it("lists the error codes of each operation under their status", () => {
    for (const { name, responses } of operations())
      for (const [status, { content }] of Object.entries(responses))
        for (const code of content?.["application/problem+json"]?.schema.properties?.code?.enum ?? [])
          expect([name, code, errorCodes[code as ErrorCode][0]]).toEqual([name, code, Number(status)]);
    const codesOf = (status: string) =>
      operation("PUT /users/{username}/desktop").responses[status]?.content?.["application/problem+json"]?.schema
        .properties?.code?.enum;
    expect(codesOf("403")).toEqual([
      "not-allowed",
      "workspace-not-bound",
      "binding-expired",
      "workspace-expired",
      "workspace-not-yet-available",
    ]);
    expect(codesOf("411")).toEqual(["length-required"]);
  });

  it("links each call that starts work to its operation", () => {
    for (const name of [
      "PUT /users/{username}/desktop",
      "DELETE /users/{username}/desktop",
      "DELETE /users/{username}",
      "POST /desktops/{id}/suspend",
      "POST /desktops/{id}/retire",
    ])
      expect([name, operation(name).responses["202"]?.links]).toEqual([
        name,
        {
          operation: {
            operationId: operation("GET /operations/{id}").operationId,
            parameters: { id: "$response.body#/id" },
          },
        },
      ]);
  });

  it("has a tag for every operation", () => {
    for (const { name, tags } of operations()) expect([name, tags.length]).toEqual([name, 1]);
    const used = new Set(operations().flatMap(({ tags }) => tags));
    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort());
  });

  it("describes parameters and bodies as they are validated", () => {
    const username = { type: "string", maxLength: 128, pattern: "^[A-Za-z0-9_][A-Za-z0-9._@+'-]*$" };
    expect(parametersOf("GET /users/{username}/workspaces")).toEqual({
      username: expect.objectContaining(username) as object,
    });
    expect(parametersOf("GET /desktops")).toMatchObject({
      username,
      workspace: { type: "string", maxLength: 128, pattern: workspacePattern.source },
      limit: { type: "integer", minimum: 1, maximum: 500, default: 100 },
      after: { type: "string", pattern: "^[A-Za-z0-9_-]+$" },
    });
    expect(parametersOf("POST /maintenance/reap")).toMatchObject({
      dryRun: { type: "boolean", default: false },
      wait: { type: "integer", minimum: 0, maximum: 10, default: 0 },
    });
    const { schemas } = document.components;
    expect(schemas["DesktopWish"]).toMatchObject({
      properties: {
        workspace: { type: "string", maxLength: 128, pattern: workspacePattern.source },
        claims: { type: "object" },
        subject: { type: "string", minLength: 1, maxLength: 255 },
      },
    });
    expect(schemas["MaintenanceSwitch"]).toMatchObject({
      anyOf: [{ required: ["reaping"] }, { required: ["activation"] }],
    });
    expect(schemas["EndSessions"]).toMatchObject({ anyOf: [{ required: ["workspace"] }, { required: ["username"] }] });
    const form = operation("POST /keycloak/backchannel-logout").requestBody?.content[
      "application/x-www-form-urlencoded"
    ];
    expect(form?.schema).toMatchObject({
      properties: { logout_token: { type: "string", pattern: expect.stringContaining("+") as string } },
      required: ["logout_token"],
    });
  });
});
