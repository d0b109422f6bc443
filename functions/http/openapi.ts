import { z } from "zod";
import { problemAnswer } from "./answers.ts";
import { parameters } from "./endpoint.ts";
import { describedRoutes, type DescribedRoute, registerOpenRoute } from "./route.ts";

const words: Readonly<Record<string, string>> = {
  service: "service",
  self: "the person",
  owner: "the person whose it is",
  admin: "administrator",
  offboarding: "offboarding",
  monitoring: "monitoring",
};

/** The document of the API, from the very schemas that check what comes in. Registered last: it describes what is there. */
export function registerOpenApi(): void {
  const endpoint = {
    summary: "This document",
    callers: [],
    answers: { 200: { words: "OpenAPI 3.1", body: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApi" }) } },
  };
  registerOpenRoute("openApi", "openapi.json", endpoint, () =>
    Promise.resolve({ status: 200, body: openApiOf(describedRoutes()) }),
  );
}

/** An OpenAPI 3.1 document of these routes. */
function openApiOf(routes: readonly DescribedRoute[]): object {
  const components: Record<string, object> = {};
  const schemaOf: SchemaOf = (schema, io) => {
    const { $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    for (const [name, definition] of Object.entries($defs)) components[name] = inDocument(definition);
    const { id } = schema.meta() ?? {};
    if (id === undefined || "$ref" in own) return inDocument(own);
    components[id] = inDocument(own);
    return { $ref: `#/components/schemas/${id}` };
  };

  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemaOf) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "guacamole-workspaces",
      version: "1",
      description: "Remote desktops of researchers: who may have which, how they come up, and how they go.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api" }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        keycloak: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "An access token of the realm" },
      },
    },
  };
}

type SchemaOf = (schema: z.ZodType, io: "input" | "output") => object;

function operationOf({ path, method, endpoint }: DescribedRoute, schemaOf: SchemaOf) {
  const { summary, description, callers, query, body, mediaType = "application/json", answers } = endpoint;
  const open = callers.length === 0;
  const problem = { "application/problem+json": { schema: schemaOf(problemAnswer, "output") } };
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof typeof parameters);
  const asked = Object.entries(query?.shape ?? {}) as [string, z.ZodType][];
  const parameter = (name: string, where: string, schema: z.ZodType) => {
    const { description: text, ...rest } = schemaOf(schema, "input") as { description?: string };
    return { name, in: where, required: where === "path", description: text, schema: rest };
  };
  return {
    operationId: `${method.toLowerCase()}-${path.replaceAll(/[^a-z]+/g, "-").replace(/-$/, "")}`,
    summary,
    description: [description, open ? undefined : `For: ${callers.map((kind) => words[kind]).join(", ")}.`]
      .filter((text) => text !== undefined)
      .join(" "),
    security: open ? [] : [{ keycloak: [] }],
    parameters: [
      ...named.map((name) => parameter(name, "path", parameters[name])),
      ...asked.map(([name, schema]) => parameter(name, "query", schema)),
    ],
    ...(body && { requestBody: { required: true, content: { [mediaType]: { schema: schemaOf(body, "input") } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          {
            description: answer.words,
            ...(answer.body && { content: { "application/json": { schema: schemaOf(answer.body, "output") } } }),
          },
        ]),
      ),
      "4XX": { description: "Refused: `code` says why", content: problem },
      "5XX": {
        description: "Something does not answer, or went wrong here; 503 says when to ask again",
        content: problem,
      },
    },
  };
}

/** A JSON Schema as it stands in the document: its references point at the components, and it does not name itself. */
function inDocument(schema: object): object {
  const entries = Object.entries(schema).filter(([key]) => key !== "id" && key !== "$schema");
  const text = JSON.stringify(Object.fromEntries(entries));
  return JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/")) as object;
}
