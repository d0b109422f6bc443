import { type SignedIn, SignedOut } from "../sign-in.ts";
import { faultIn, type ShapeOf } from "./shape.ts";
import { problem as problemShape } from "./shapes.ts";
import type { Problem } from "./types.ts";

/** The API refused, or could not do what was asked. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly problem: Problem;
  /** When to ask again; null if the API did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Problem, retryAfterSeconds: number | null) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** There was no answer that can be used: the network is down, something else answered, or no new token could be had. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

export interface Reply<Body> {
  status: number;
  body: Body;
  etag: string | null;
  location: string | null;
  retryAfterSeconds: number | null;
}

export interface Call {
  body?: object;
  signal?: AbortSignal;
  /** The ETag of what is shown: 304 is answered with an undefined body if it is still right. */
  ifNoneMatch?: string | null;
  /** An answer with this status has a body of its own, and is no problem. */
  also?: number;
}

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Api {
  /**
   * @param path below /api, its parts encoded
   * @param shape what the answer has to look like; another one is as good as none
   * @throws {@link ApiError}, {@link Unreachable}, SignedOut, or the signal's reason
   */
  call<Body>(method: Method, path: string, shape: ShapeOf<Body>, call?: Call): Promise<Reply<Body>>;
}

export function apiOf(session: Pick<SignedIn, "accessToken" | "discardToken">, fetching = fetch): Api {
  async function once(method: Method, path: string, { body, signal, ifNoneMatch }: Call): Promise<Response> {
    const headers = new Headers({ authorization: `Bearer ${await tokenOf(session)}` });
    if (body) headers.set("content-type", "application/json");
    if (ifNoneMatch != null) headers.set("if-none-match", ifNoneMatch);
    const request: RequestInit = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
    if (body) request.body = JSON.stringify(body);
    if (signal) request.signal = signal;
    try {
      return await fetching(`/api/${path}`, request);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable("the service cannot be reached", { cause: error });
    }
  }

  return {
    async call<Body>(method: Method, path: string, shape: ShapeOf<Body>, call: Call = {}): Promise<Reply<Body>> {
      let answer = await once(method, path, call);
      if (answer.status === 401) {
        // The clocks differ, or the realm's keys changed: one new token, then it is the person's turn.
        session.discardToken();
        answer = await once(method, path, call);
      }
      const retryAfterSeconds = secondsOf(answer.headers.get("retry-after"));
      const kind = answer.headers.get("content-type") ?? "";
      const isAnswer = answer.status === call.also && kind.startsWith("application/json");
      if (answer.status >= 400 && !isAnswer) {
        const problem = kind.startsWith("application/problem+json") ? await bodyOf(answer, call.signal) : null;
        if (!isProblem(problem)) throw new Unreachable(`the service did not answer (${answer.status})`);
        throw new ApiError(answer.status, problem, retryAfterSeconds);
      }
      const isUnchanged = answer.status === 304;
      // The sign-in page of a network, or a page of a gateway, is answered as if all were well.
      if (!isUnchanged && !kind.startsWith("application/json"))
        throw new Unreachable(`something else answered instead of the service (${answer.status})`);
      const body = isUnchanged ? undefined : await bodyOf(answer, call.signal);
      const fault = isUnchanged ? null : faultIn(shape, body);
      if (fault !== null)
        throw new Unreachable(`the service answered something else than expected${fault && ` (see ${fault})`}`);
      return {
        status: answer.status,
        body: body as Body,
        etag: answer.headers.get("etag"),
        location: answer.headers.get("location"),
        retryAfterSeconds,
      };
    },
  };
}

/** A gateway's problems lack what ours say to people. */
function isProblem(body: unknown): body is Problem {
  return faultIn(problemShape, body) === null;
}

/** The network may go in the middle of an answer: that is as if there were none. */
async function bodyOf(answer: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable("the service's answer broke off", { cause: error });
  }
}

/** A token that cannot be renewed now is a passing trouble, as an API that does not answer: who polls asks again. */
async function tokenOf(session: Pick<SignedIn, "accessToken">): Promise<string> {
  try {
    return await session.accessToken();
  } catch (error) {
    if (error instanceof SignedOut) throw error;
    throw new Unreachable("the sign-in service cannot be reached", { cause: error });
  }
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
