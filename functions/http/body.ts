import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { ProductError, tellFaults } from "../../shared/errors.ts";
import { parseJson } from "./json.ts";

export const bodyBytes = 16 * 1024;

/** For bodies with a person's claims: 2,000 groups have about 100 kB. */
export const claimsBytes = 256 * 1024;

/**
 * Reads a JSON body and checks it against the schema; refuses other types, bodies that are too large, and unknown
 * fields.
 */
export async function readBody<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
  most = bodyBytes,
): Promise<z.output<Schema>> {
  requireLength(request);
  requireMediaType(request, "application/json");
  const text = decodeUtf8(await readBytes(request, most));
  if (text === "")
    throw new ProductError("malformed-body", "read body: it is empty, which is not JSON (send a JSON object)");
  const read = parseJson(text);
  if ("fault" in read) throw new ProductError("malformed-body", `read body: ${read.fault}`);
  const parsed = schema.safeParse(read.value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new ProductError("malformed-body", `read body: ${tellFaults(faults)}`);
}

/**
 * Throws `length-required` if the Functions host may have dropped the body: it reads a body only if Content-Length
 * states its length (docs/adr/0012).
 */
export function requireLength({ headers }: HttpRequest): void {
  if (headers.has("content-length") && !headers.has("transfer-encoding")) return;
  throw new ProductError(
    "length-required",
    "read body: its length is missing (send Content-Length and no Transfer-Encoding)",
  );
}

/** Throws `unsupported-media-type` unless the body is of this type, in UTF-8, and not compressed. */
export function requireMediaType(request: HttpRequest, wanted: string): void {
  const fault = mediaFaultOf(request, wanted);
  if (fault !== undefined) throw new ProductError("unsupported-media-type", `read body: ${fault}`);
}

/** Returns what is wrong with the body's type, in words for the caller. */
export function mediaFaultOf({ headers }: HttpRequest, wanted: string): string | undefined {
  const [essence = "", ...parameters] = (headers.get("content-type") ?? "").split(";").map((part) => part.trim());
  if (essence.toLowerCase() !== wanted) return `send it as Content-Type: ${wanted}`;
  const charsets = parameters.flatMap((each) => /^charset=(.*)$/is.exec(each)?.[1] ?? []);
  if (!charsets.every((charset) => /^"?utf-?8"?$/i.test(charset)))
    return "send it in UTF-8 (charset=utf-8, or no charset)";
  if (!/^(identity)?$/i.test(headers.get("content-encoding") ?? ""))
    return "send it uncompressed, without Content-Encoding";
  return undefined;
}

/** Returns the body as it was sent; throws `body-too-large` if it has more than `most` bytes. */
export async function readBytes(request: HttpRequest, most: number): Promise<Uint8Array> {
  const tooLarge = new ProductError("body-too-large", `read body: it has more than ${most} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge;
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > most) throw tooLarge;
  return bytes;
}

/** Throws `malformed-body` if the bytes are not UTF-8. Keeps a byte order mark. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProductError("malformed-body", "read body: it is not JSON in UTF-8 (its bytes are in another encoding)");
  }
}
