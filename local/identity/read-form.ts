import type { IncomingMessage } from "node:http";

/** The largest request body that is read; real ones are a few hundred bytes. */
const bodyLimitBytes = 64 * 1024;

/** The fields of a form request, or the HTTP status that says what is wrong with it. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | 413 | 415> {
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/x-www-form-urlencoded") return 415;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read to the end even when it is too long, and forget it: what stayed unread would block the connection for its next request.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyLimitBytes) chunks.push(chunk);
  }
  return bytes > bodyLimitBytes ? 413 : new URLSearchParams(Buffer.concat(chunks).toString());
}
