import { createHash } from "node:crypto";
import type { HttpRequest } from "@azure/functions";
import type { Answer } from "./endpoint.ts";

/** The answer with an ETag, or 304 if the caller has it already: who shows it asks again and again (RFC 9110 §13.1.2). */
export function unlessKnown({ headers }: Pick<HttpRequest, "headers">, answer: Answer): Answer {
  if (answer.status !== 200) return answer;
  const hash = createHash("sha256").update(JSON.stringify(answer.body)).digest("base64url").slice(0, 22);
  const etag = `"${hash}"`;
  const known = (headers.get("if-none-match") ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*")
    ? { status: 304, headers: { ...answer.headers, etag } }
    : { ...answer, headers: { ...answer.headers, etag } };
}
