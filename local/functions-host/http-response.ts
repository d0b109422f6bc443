import { STATUS_CODES } from "node:http";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { HostResponse } from "./http-message.ts";

/** The server does the framing. A handler that copies these from elsewhere would contradict it. */
const ignored = new Set(["transfer-encoding", "keep-alive"]);

/**
 * Sends a response as Kestrel does (dotnet/aspnetcore, HttpProtocol.CreateResponseHeaders): chunked if there is a body,
 * `content-length: 0` if there is none, neither for HEAD, 204 and 304. It becomes a 500 if Kestrel would refuse a
 * header, or if Content-Length is not the body's length.
 */
export function send(outgoing: ServerResponse, response: HostResponse): void {
  if (outgoing.destroyed) return;
  const body = Buffer.from(response.body ?? "");
  const isAccepted = setHeaders(outgoing, response, body.length);
  if (!isAccepted) {
    for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  }
  const status = isAccepted ? response.status : 500;
  if (!outgoing.hasHeader("server")) outgoing.setHeader("server", "Kestrel");
  // Kestrel sends no Connection header if the connection stays open.
  if (outgoing.shouldKeepAlive && !outgoing.hasHeader("connection")) outgoing.removeHeader("connection");
  const hasBody = isAccepted && body.length > 0 && outgoing.req.method !== "HEAD" && ![204, 205, 304].includes(status);
  const isLengthSent = outgoing.req.method !== "HEAD" && ![204, 304].includes(status);
  if (!hasBody && isLengthSent) outgoing.setHeader("content-length", 0);
  outgoing.writeHead(status);
  // Node sends no length, because the headers are sent before it knows the body.
  end(outgoing, hasBody ? body : undefined);
}

/** How long Kestrel waits for the rest of a request's body (MessageBody, RequestBodyDrainTimeout). */
const drainMilliseconds = 5_000;

/**
 * Ends a response whose request may be partly unread. The rest is dropped, so that the connection stays usable, or so
 * that a client that is still sending can read the response before the connection closes. A client that does not send
 * the rest is disconnected.
 */
function end(outgoing: ServerResponse, body: Buffer | undefined): void {
  const incoming = outgoing.req;
  if (incoming.complete) {
    outgoing.end(body);
    return;
  }
  const timeout = setTimeout(() => incoming.socket.destroy(), drainMilliseconds);
  for (const event of ["end", "close"]) {
    incoming.once(event, () => {
      clearTimeout(timeout);
      outgoing.end();
    });
  }
  if (outgoing.shouldKeepAlive && !outgoing.hasHeader("connection")) outgoing.end(body);
  else {
    outgoing.flushHeaders();
    if (body) outgoing.write(body);
  }
  incoming.resume();
}

function setHeaders(outgoing: ServerResponse, { headers = [] }: HostResponse, bodyBytes: number): boolean {
  for (const [name, value] of headers) {
    if (ignored.has(name.toLowerCase())) continue;
    // HttpHeaders.ValidateHeaderValueCharacters: ASCII only.
    if (/[^\t\x20-\x7e]/.test(value) || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return false;
    if (name.toLowerCase() === "content-length" && Number(value) !== bodyBytes) return false;
    outgoing.appendHeader(name, value);
  }
  return true;
}

/** Answers a request that Node could not parse and closes its connection. */
export function sendUnparsed(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Content-Length: 0",
    "Connection: close",
    `Date: ${new Date().toUTCString()}`,
    "Server: Kestrel",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n`);
}
