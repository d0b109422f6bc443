/** A request without its body. */
export interface RequestHead {
  method: string;
  /** Absolute: the Host header, the re-encoded path, and the query as sent. */
  url: string;
  /** Decoded except for %2F, without dot segments. */
  path: string;
  /** As sent, still percent-encoded. */
  rawPath: string;
  query: URLSearchParams;
  /** Names in lower case; values of a repeated header are joined by a comma, like ASP.NET's StringValues. */
  headers: Readonly<Record<string, string>>;
}

/** A request with its body read. */
export interface HostRequest extends RequestHead {
  body: Buffer;
}

/**
 * Reads the request's body. Before the call nothing is read, and no `100 Continue` is sent. Rejects if the body is over
 * the limit or the client has disconnected.
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
