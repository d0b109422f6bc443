import type { z } from "zod";
import { operationIdOf, responsesOf } from "./openapi-responses.ts";
import type { SchemaOf } from "./openapi-schemas.ts";
import type { DescribedRoute } from "./route.ts";
import { username } from "./shapes.ts";

const words: Readonly<Record<string, string>> = {
  service: "service",
  self: "the person",
  owner: "the person whose operation it is",
  admin: "administrator",
  offboarding: "offboarding",
  monitoring: "monitoring",
  timers: "timers",
};

const usernameInPath = username.meta({ description: "The person's username in Keycloak" });

/** One operation of the document, without its tags. */
export function operationOf(route: DescribedRoute, schemaOf: SchemaOf) {
  const { path, method, endpoint } = route;
  const { summary, description, callers, id, query, body, mediaType = "application/json", example } = endpoint;
  const inPath = { username: usernameInPath, id };
  const named = [...path.matchAll(/\{(username|id)\}/g)].map(([, name]) => name as keyof typeof inPath);
  const asked = Object.entries(query?.shape ?? {}) as [string, z.ZodType][];
  return {
    operationId: operationIdOf(`${method} ${path}`),
    summary,
    description: [
      description,
      callers.length === 0 ? undefined : `For: ${callers.map((kind) => words[kind]).join(", ")}.`,
    ]
      .filter((text) => text !== undefined)
      .join(" "),
    security: securityOf(route),
    parameters: [
      ...named.map((name) => parameterOf(name, "path", schemaOf(inPath[name] ?? usernameInPath, "input"))),
      // The schema after parsing: a number is a number in the document, too.
      ...asked.map(([name, schema]) => parameterOf(name, "query", schemaOf(schema, "output"))),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: { [mediaType]: { schema: schemaOf(body, "input"), ...(example !== undefined && { example }) } },
      },
    }),
    responses: responsesOf(route, schemaOf),
  };
}

function securityOf({ proof, endpoint }: DescribedRoute): object[] {
  if (proof === "token" && endpoint.callers.includes("timers")) return [{ keycloak: [] }, { serviceAccount: [] }];
  if (proof === "token") return [{ keycloak: [] }];
  return endpoint.optionalToken ? [{}, { keycloak: [] }] : [];
}

interface ParameterSchema {
  description?: string;
}

function parameterOf(name: string, where: "path" | "query", schema: object) {
  const { description, ...shape } = schema as ParameterSchema;
  return {
    name,
    in: where,
    required: where === "path",
    description,
    schema: shape,
  };
}
