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

/** One call of an endpoint: who calls is proven and may, and what they sent has the endpoint's shape. */
export interface Call<Query = unknown, Body = unknown> {
  request: HttpRequest;
  principal: Principal;
  caller: CallerKind;
  hub: TaskHub;
  context: InvocationContext;
  /** The person whom the address names; empty where it names none. */
  username: string;
  /** What else the address names. */
  id: string;
  query: Query;
  body: Body;
}

/** One way in which an endpoint answers when it does not refuse. */
export interface DescribedAnswer {
  words: string;
  body?: z.ZodType;
  example?: unknown;
  /** Headers that it has besides those of every answer. */
  headers?: readonly ("location" | "retry-after")[];
  /** What can be asked next, by name: the endpoint, and where in the answer its parameters are (OpenAPI's links). */
  links?: Readonly<Record<string, { to: string; parameters: Readonly<Record<string, string>> }>>;
}

/** What one method of a route takes, who may call it, and what it answers. The document of the API is made from it. */
export interface Endpoint<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType> {
  summary: string;
  description?: string;
  /** The first kind that the caller is counts. "owner" is found out by the handler. */
  callers: readonly (CallerKind | "owner")[];
  /** What `{id}` in its address is. Whatever it is not is answered like one that does not exist. */
  id?: z.ZodType;
  query?: Query;
  body?: Body;
  /** A body as it may be sent. */
  example?: unknown;
  /** By status. */
  answers: Readonly<Record<number, DescribedAnswer>>;
  /** The codes of its own with which it refuses; those that follow from what it takes and who calls come besides. */
  refuses?: readonly ErrorCode[];
  handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer | Refusal>;
}

/** An endpoint whose shapes are known to itself alone. */
export type AnyEndpoint = Omit<Endpoint, "handle"> & {
  perform: (
    services: Services,
    call: Omit<Call, "caller" | "username" | "id" | "query" | "body">,
  ) => ReturnType<Endpoint["handle"]>;
};

const nothing = z.object({});

/**
 * Makes an endpoint. Its checks come in the order in which they tell least: the address, the caller's rights, the query,
 * the body; only then anything is looked up.
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
          ? "self" // whether it is their own is for the handler to find out
          : authorize(services, principal, username, kinds);
      const query = readQuery(request, described.query ?? nothing) as z.output<Query>;
      // Without a schema there is no body to be read, and none is.
      const body = (described.body ? await readBody(request, described.body) : undefined) as z.output<Body>;
      const id = request.params["id"] ?? "";
      return handle({ request, principal, ...rest, caller, username, id, query, body });
    },
  };
}

function readUsername({ params }: HttpRequest): string {
  const given = params["username"];
  if (given === undefined) return "";
  const { data, error } = usernameSchema.safeParse(given);
  if (data === undefined)
    throw new ProductError("malformed-username", `read username: ${error.issues[0]?.message ?? ""}`);
  return data;
}
