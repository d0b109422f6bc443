import type { HttpRequest, InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { z } from "zod";
import { type ErrorCode, type Refusal, ProductError } from "../../shared/errors.ts";
import type { Principal } from "../../shared/identity/access-token.ts";
import type { Services } from "../services.ts";
import { readBody } from "./body.ts";
import { authorize, type CallerKind } from "./input.ts";
import { readQuery } from "./query.ts";
import { username as usernameSchema } from "./shapes.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Absent: an empty body. */
  body?: unknown;
}

/**
 * One call of an endpoint: the caller is authenticated and authorized, and the input matches the endpoint's schemas.
 */
export interface Call<Query = unknown, Body = unknown> {
  request: HttpRequest;
  principal: Principal;
  caller: CallerKind;
  hub: TaskHub;
  context: InvocationContext;
  /** The person in the path; empty if there is none. */
  username: string;
  /** The id in the path. */
  id: string;
  query: Query;
  body: Body;
}

/** One answer of an endpoint that does not refuse. */
export interface DescribedAnswer {
  words: string;
  body?: z.ZodType;
  example?: unknown;
  /** Headers in addition to those of every answer. */
  headers?: readonly ("location" | "retry-after")[];
  /** Follow-up calls, by name: the endpoint, and where in the answer its parameters are (OpenAPI's links). */
  links?: Readonly<Record<string, { to: string; parameters: Readonly<Record<string, string>> }>>;
}

/**
 * What one method of a route takes, who may call it, and what it answers. The OpenAPI document is generated from it.
 */
export interface Endpoint<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType> {
  summary: string;
  description?: string;
  /** The first kind that applies to the caller counts. The handler checks "owner". */
  callers: readonly (CallerKind | "owner")[];
  /** The schema of `{id}` in the path. An id that does not match is answered like one that does not exist. */
  id?: z.ZodType;
  query?: Query;
  body?: Body;
  /** How many bytes a body may have, if more than usual. */
  bodyBytes?: number;
  /** An example of a body. */
  example?: unknown;
  /** By status. */
  answers: Readonly<Record<number, DescribedAnswer>>;
  /** The codes specific to this endpoint; those that follow from its input and callers are added. */
  refuses?: readonly ErrorCode[];
  handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer | Refusal>;
}

/** An endpoint whose schemas are hidden from its callers. */
export type AnyEndpoint = Omit<Endpoint, "handle"> & {
  perform: (
    services: Services,
    call: Omit<Call, "caller" | "username" | "id" | "query" | "body">,
  ) => ReturnType<Endpoint["handle"]>;
};

const nothing = z.object({});

/**
 * Makes an endpoint. It checks the path, the caller's rights, the query and the body, in this order, so that refusals
 * reveal as little as possible; only then is anything looked up.
 */
export function endpoint<Query extends z.ZodObject, Body extends z.ZodType>({
  handle,
  ...described
}: Endpoint<Query, Body>): AnyEndpoint {
  return {
    ...described,
    async perform(services, { request, principal, ...rest }) {
      const username = readUsername(request);
      const kinds = described.callers.filter((kind) => kind !== "owner");
      const caller =
        kinds.length < described.callers.length
          ? "self" // the handler checks that it is their own
          : authorize(services, principal, username, kinds);
      const query = readQuery(request, described.query ?? nothing) as z.output<Query>;
      // Without a schema the body is not read.
      const body = (
        described.body ? await readBody(request, described.body, described.bodyBytes) : undefined
      ) as z.output<Body>;
      const id = request.params["id"] ?? "";
      // Whoever calls: the login flow acts for everybody, and one person's calls must not keep the others from working.
      const whose = username === "" ? id : username;
      if (whose !== "" && isChange(request.method)) services.changes.count(whose);
      return handle({ request, principal, ...rest, caller, username, id, query, body });
    },
  };
}

/** True for all but GET and HEAD. Some of the others only read, but cost as much. */
export function isChange(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

function readUsername({ params }: HttpRequest): string {
  const given = params["username"];
  if (given === undefined) return "";
  const { data, error } = usernameSchema.safeParse(given);
  if (data === undefined)
    throw new ProductError("malformed-username", `read username: ${error.issues[0]?.message ?? ""}`);
  return data;
}
