/** A request without its body. */
export interface RequestHead {
  method: string;
  /** Absolute: the Host header, the path encoded anew, and the query as sent. */
  url: string;
  /** Decoded but for %2F, without dot segments. */
  path: string;
  /** As sent, still percent-encoded. */
  rawPath: string;
  query: URLSearchParams;
  /** Names in lower case; the values of a repeated one joined by a comma, as ASP.NET's StringValues are. */
  headers: Readonly<Record<string, string>>;
}

/** A request with its body read. */
export interface HostRequest extends RequestHead {
  body: Buffer;
}

/**
 * Reads the body of the present request: nothing is read, and the client not told to go on (`Expect: 100-continue`), before
 * it is called. Rejects when the body is over the limit or the client has gone.
 */
export type ReadBody = () => Promise<Buffer>;

export interface HostResponse {
  status: number;
  headers?: readonly (readonly [name: string, value: string])[];
  body?: Uint8Array | string;
}

export function json(
  status: number,
  value: unknown,
  headers: readonly (readonly [string, string])[] = [],
): HostResponse {
  return {
    status,
    headers: [["content-type", "application/json; charset=utf-8"], ...headers],
    body: JSON.stringify(value),
  };
}

export const notFound: HostResponse = { status: 404 };
