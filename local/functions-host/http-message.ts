/** A request with its body read. `path` keeps its percent-encoding; `segments` are decoded. */
export interface HostRequest {
  method: string;
  /** Absolute. */
  url: string;
  path: string;
  query: URLSearchParams;
  /** Names in lower case; repeated headers joined. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

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
