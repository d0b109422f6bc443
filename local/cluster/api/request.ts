import type { IncomingMessage } from "node:http";
import { ApiError, unsupportedMediaType } from "../status.ts";

/** The real API server's limit. */
const largestBody = 3 * 1024 * 1024;

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody)
      throw new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${largestBody}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The media types of objects in the real server's answers. This one does not support the last. */
export const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

export const mediaTypeOf = ({ headers }: IncomingMessage): string =>
  (headers["content-type"] ?? "").split(";")[0] ?? "";

/** Returns the media type of a body that contains an object; JSON by default. Throws 415. */
export function objectTypeOf(request: IncomingMessage): "application/json" | "application/yaml" {
  const type = mediaTypeOf(request) || "application/json";
  if (type === "application/json" || type === "application/yaml") return type;
  throw unsupportedMediaType(objectTypes);
}
