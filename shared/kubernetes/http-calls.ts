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
type Sent = Parameters<Dispatcher["dispatch"]>[0];
type Headers = Readonly<Record<string, string | string[] | undefined>>;

interface Answered {
  status: number;
  headers: Headers;
  body: Buffer;
}

const unzipped = promisify(gunzip);

/**
 * Sends the client library's requests through its own connections, without the `fetch` that it wraps around them: that took half
 * of the CPU of a call (@kubernetes/client-node 2.0.1, isomorphic-fetch.js). Other than `fetch` it
 * follows no redirect: the API server sends none, and another server must not get the credential.
 *
 * @param limitMilliseconds how long a call may take; it fails with a `TimeoutError` then
 */
export function plainHttp(limitMilliseconds: number): HttpLibrary {
  const usual = new IsomorphicFetchHttpLibrary();
  const direct = wrapHttpLibrary({
    async send(request: RequestContext) {
      const { origin, pathname, search } = new URL(request.getUrl());
      const dispatcher = request.getDispatcher();
      if (!dispatcher) throw new Error("send a request: it has no connections");
      const sent: Sent = {
        ...{ origin, path: `${pathname}${search}` },
        method: request.getHttpMethod(),
        // Long lists are sent compressed, if the client takes that.
        headers: { "user-agent": manager, ...request.getHeaders(), "accept-encoding": "gzip" },
        body: (request.getBody() as string | undefined) ?? null,
      };
      const answer = await exchange(dispatcher, sent, limitMilliseconds);
      return new ResponseContext(answer.status, namedOnce(answer.headers), {
        text: () => textOf(answer),
        binary: () => Promise.resolve(answer.body),
        stream: () => null,
      });
    },
  });
  // Without a CA or a certificate of its own, the library has no connections to share.
  return {
    send(request) {
      if (request.getDispatcher()) return direct.send(request);
      request.setSignal(AbortSignal.timeout(limitMilliseconds));
      return usual.send(request);
    },
  };
}

/**
 * Sends a request and gets the whole answer. The dispatcher's own `request` makes a stream of each answer and listens to a
 * signal, which took a quarter of the CPU of a call (undici 8.12.4, lib/api/api-request.js).
 */
function exchange(dispatcher: Dispatcher, sent: Sent, limitMilliseconds: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const answer = { status: 0, headers: {} as Headers, parts: [] as Buffer[] };
    let abort: (reason: Error) => void = () => undefined;
    let late: Error | undefined;
    const timer = setTimeout(() => {
      late = new DOMException(`it took more than ${limitMilliseconds / 1_000} s`, "TimeoutError");
      abort(late);
      reject(late);
    }, limitMilliseconds);
    timer.unref();
    dispatcher.dispatch(sent, {
      onRequestStart(controller) {
        abort = (reason) => {
          controller.abort(reason);
        };
        // Its connection took too long.
        if (late) abort(late);
      },
      onResponseStart(_, status, headers) {
        Object.assign(answer, { status, headers });
      },
      onResponseData(_, part) {
        answer.parts.push(part);
      },
      onResponseEnd() {
        clearTimeout(timer);
        resolve({ status: answer.status, headers: answer.headers, body: Buffer.concat(answer.parts) });
      },
      onResponseError(_, error) {
        clearTimeout(timer);
        reject(error);
      },
    });
  });
}

async function textOf({ body, headers }: Answered): Promise<string> {
  if (headers["content-encoding"] !== "gzip") return body.toString("utf8");
  try {
    return (await unzipped(body)).toString("utf8");
  } catch (error) {
    throw new MalformedAnswer("it is not compressed as it says", { cause: error });
  }
}

function namedOnce(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value = ""]) => [name, [value].flat().join(", ")]));
}
