import type { IncomingMessage } from "node:http";

/** The largest request body that is read; real ones are a few hundred bytes. */
const bodyLimitBytes = 64 * 1024;

/** Returns a form request's fields, or the HTTP status for what is wrong with it. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | 413 | 415> {
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/x-www-form-urlencoded") return 415;
  const text = await readText(request);
  return text === null ? 413 : new URLSearchParams(text);
}

/** Returns the body as text; null if it is too long. */
export async function readText(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read to the end even if it is too long: unread bytes would block the connection's next request.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyLimitBytes) chunks.push(chunk);
  }
  return bytes > bodyLimitBytes ? null : Buffer.concat(chunks).toString();
}
