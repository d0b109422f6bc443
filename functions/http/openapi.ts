import { z } from "zod";
import * as examples from "./examples.ts";
import { operationOf } from "./openapi-operation.ts";
import { answerHeaders } from "./openapi-responses.ts";
import { documentSchemas } from "./openapi-schemas.ts";
import { type DescribedRoute, openRoute, type Route } from "./route.ts";

/** By the first segment of the path. */
const tags: Readonly<Record<string, { name: string; description: string }>> = {
  users: {
    name: "People",
    description: "For a person, the login flow and offboarding: one person's workspaces and desktop",
  },
  operations: { name: "Operations", description: "The progress and outcome of a request" },
  desktops: { name: "Desktops", description: "For administrators: all desktops" },
  queue: { name: "Queue", description: "For administrators and monitoring: who starts and who waits" },
  maintenance: { name: "Maintenance", description: "For administrators: pauses, and the work of the timers" },
  keycloak: { name: "Keycloak", description: "Signed calls by Keycloak" },
  health: { name: "Health", description: "Liveness and readiness" },
};
const otherTag = { name: "Document", description: "This document" };

function tagOf(path: string) {
  return tags[path.split("/")[0] ?? ""] ?? otherTag;
}

/** The OpenAPI document of these routes and itself, generated from the schemas that validate requests. */
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
  let document: object | undefined; // made once: anybody may ask for it
  const route = openRoute("openApi", "openapi.json", endpoint, () => {
    document ??= openApiOf([...others, route].flatMap(({ described }) => described));
    return Promise.resolve({ status: 200, body: document });
  });
  return route;
}

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
        "Remote desktops for researchers: who may have which, and how they are started, suspended and removed. Every " +
        "response has the caller's `x-request-id`, or a new one.",
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
        serviceAccount: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A token of the cluster for the service account that the setting TIMERS_SUBJECT names",
        },
      },
    },
  };
}
