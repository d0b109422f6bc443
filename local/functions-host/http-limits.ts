import type { IncomingMessage } from "node:http";
import { isHostValid } from "./request-target.ts";

/**
 * Kestrel's limits (dotnet/aspnetcore, KestrelServerLimits.cs); the Functions host raises only the body's (Program.cs).
 */
const maxRequestLineBytes = 8 * 1024;
const maxHeaderBytes = 32 * 1024;
const maxHeaderCount = 100;

/** Far more than Kestrel accepts for line and headers together, so that the limits above decide. Beyond it: 431. */
export const nodeMaxHeaderBytes = 1024 * 1024;

/** Returns the status with which Kestrel refuses a request's line and headers; undefined if it accepts them. */
export function refuseHead({ method = "", url = "", httpVersion, headers, rawHeaders }: IncomingMessage) {
  // Method, target and HTTP/1.1 with two spaces and CRLF.
  if (Buffer.byteLength(url, "latin1") + method.length + 12 > maxRequestLineBytes) return 414;
  // Each header has a colon, usually a space, and CRLF.
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  if (bytes > maxHeaderBytes || rawHeaders.length / 2 > maxHeaderCount) return 431;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion !== "1.0")) return 400;
  if (!isHostValid(headers.host ?? "")) return 400;
  return isBodyUnframed(method, httpVersion, headers) ? 400 : undefined;
}

/** True for POST and PUT of HTTP/1.0 without a length (Http1MessageBody.For, LengthRequiredHttp10). */
function isBodyUnframed(method: string, httpVersion: string, headers: IncomingMessage["headers"]): boolean {
  const isFramed = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return httpVersion === "1.0" && ["POST", "PUT"].includes(method) && !isFramed;
}

/**
 * Returns the status for a request that Node's parser refuses. Node has a fixed list of methods; Kestrel accepts any
 * token, for which the host then finds no route.
 */
export function refuseUnparsed(code: string | undefined, packet: Buffer | undefined): number {
  const line = packet?.toString("latin1") ?? "";
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  if (code === "HPE_INVALID_METHOD" && /^[\w!#$%&'*+.^`|~-]+ \/\S* HTTP\/1\.[01]\r\n/.test(line)) return 404;
  return 400;
}
