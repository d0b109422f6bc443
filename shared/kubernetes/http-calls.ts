import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import {
  type HttpLibrary,
  IsomorphicFetchHttpLibrary,
  type RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import { MalformedAnswer } from "./cluster-faults.ts";
import { manager } from "./labels.ts";

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;
type Answered = Awaited<ReturnType<Dispatcher["request"]>>;

const unzipped = promisify(gunzip);

/**
 * Sends the client library's requests through its own connections, without the `fetch` that it wraps around them: that took half
 * of the CPU of a call (@kubernetes/client-node 2.0.1, isomorphic-fetch.js). Other than `fetch` it
 * follows no redirect: the API server sends none, and another server must not get the credential.
 */
export function plainHttp(): HttpLibrary {
  const usual = new IsomorphicFetchHttpLibrary();
  const direct = wrapHttpLibrary({
    async send(request: RequestContext) {
      const { origin, pathname, search } = new URL(request.getUrl());
      const [signal, dispatcher] = [request.getSignal(), request.getDispatcher()];
      if (!dispatcher) throw new Error("send a request: it has no connections");
      const answer = await dispatcher.request({
        ...{ origin, path: `${pathname}${search}` },
        method: request.getHttpMethod(),
        // Long lists are sent compressed, if the client takes that.
        headers: { "user-agent": manager, ...request.getHeaders(), "accept-encoding": "gzip" },
        body: (request.getBody() as string | undefined) ?? null,
        ...(signal && { signal }),
      });
      return new ResponseContext(answer.statusCode, namedOnce(answer.headers), {
        text: () => textOf(answer),
        binary: async () => Buffer.from(await answer.body.arrayBuffer()),
        stream: () => null,
      });
    },
  });
  // Without a CA or a certificate of its own, the library has no connections to share.
  return { send: (request) => (request.getDispatcher() ? direct : usual).send(request) };
}

async function textOf({ body, headers }: Answered): Promise<string> {
  if (headers["content-encoding"] !== "gzip") return body.text();
  const zipped = await body.arrayBuffer();
  try {
    return (await unzipped(zipped)).toString("utf8");
  } catch (error) {
    throw new MalformedAnswer("it is not compressed as it says", { cause: error });
  }
}

function namedOnce(headers: Answered["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value = ""]) => [name, [value].flat().join(", ")]));
}
