import { z } from "zod";
import * as examples from "./examples.ts";
import { operationOf } from "./openapi-operation.ts";
import { answerHeaders } from "./openapi-responses.ts";
import { documentSchemas } from "./openapi-schemas.ts";
import { type DescribedRoute, openRoute, type Route } from "./route.ts";

/** By the first part of an address. */
const tags: Readonly<Record<string, { name: string; description: string }>> = {
  users: { name: "People", description: "For a person, the login flow and offboarding: what one person has" },
  operations: { name: "Operations", description: "What became of a request" },
  desktops: { name: "Desktops", description: "For administrators: every desktop" },
  maintenance: { name: "Maintenance", description: "For administrators: what the timers do, and what is paused" },
  keycloak: { name: "Keycloak", description: "What Keycloak tells, signed" },
  health: { name: "Health", description: "Whether it runs" },
};
const otherTag = { name: "Document", description: "This document" };

function tagOf(path: string) {
  return tags[path.split("/")[0] ?? ""] ?? otherTag;
}

/** The document of the API: these routes and itself, from the schemas that check what comes in. */
export function openApiRoute(others: readonly Route[]): Route {
  const endpoint = {
    summary: "This document",
    callers: [],
    answers: {
      200: {
        words: "OpenAPI 3.1",
        body: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApi" }),
        example: examples.openApi,
      },
    },
  };
  const route = openRoute("openApi", "openapi.json", endpoint, () =>
    Promise.resolve({ status: 200, body: openApiOf([...others, route].flatMap(({ described }) => described)) }),
  );
  return route;
}

/** An OpenAPI 3.1 document of these routes. */
function openApiOf(routes: readonly DescribedRoute[]): object {
  const { schemaOf, components } = documentSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/${route.path}`;
    const operation = { tags: [tagOf(route.path).name], ...operationOf(route, schemaOf) };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "guacamole-workspaces",
      version: "1",
      description:
        "Remote desktops of researchers: who may have which, how they come up, and how they go. Every answer has the " +
        "caller's `x-request-id`, or one of its own where the caller sends none.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api" }],
    tags: [...new Set(routes.map(({ path }) => tagOf(path)))],
    paths,
    components: {
      schemas: components,
      headers: answerHeaders,
      securitySchemes: {
        keycloak: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "An access token of the realm" },
      },
    },
  };
}
