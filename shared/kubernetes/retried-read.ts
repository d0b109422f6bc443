import { setTimeout as pause } from "node:timers/promises";
import { ApiException } from "@kubernetes/client-node";

/** Without a word of the API server. */
const usualMilliseconds = 200;

/** A caller who has to wait longer than this is told so instead. */
const longestSeconds = 2;

/** Makes a read again, once, if the API server was busy or the connection broke: as soon as its Retry-After allows. */
export async function retriedRead<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const milliseconds = pauseAfter(error);
    if (milliseconds === null) throw error;
    await pause(milliseconds);
    return read();
  }
}

/** How long to wait before another try; null if none is worth it. */
function pauseAfter(error: unknown): number | null {
  if (!(error instanceof ApiException)) return isBroken(error) ? usualMilliseconds : null;
  if (error.code !== 429 && error.code !== 503) return null;
  const seconds = retryAfterOf(error);
  if (seconds === undefined) return usualMilliseconds;
  return seconds <= longestSeconds ? seconds * 1_000 : null;
}

/** The Retry-After of an answer in seconds, from 0 to 300; undefined if it is a date, or not there. */
export function retryAfterOf({ headers }: Pick<ApiException<unknown>, "headers">): number | undefined {
  const [, text = ""] = Object.entries(headers).find(([name]) => name.toLowerCase() === "retry-after") ?? [];
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), 300) : undefined;
}

/** True if a connection that was open broke: a server that cannot be reached is no better after a moment. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code) || isBroken(error.cause);
}
