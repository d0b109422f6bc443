import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { ProductError } from "../../shared/errors.ts";
import type { Principal } from "../../shared/identity/access-token.ts";
import type { Services } from "../services.ts";

const bodyBytes = 16 * 1024;

/** Reads a JSON body and checks its shape; refuses other types, too much, and unknown fields. */
export async function readBody<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (mediaTypeOf(request) !== "application/json")
    throw new ProductError("unsupported-media-type", "read body: send it as Content-Type: application/json");
  const bytes = await readBytes(request, bodyBytes);

  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ProductError("malformed-body", "read body: it is not JSON in UTF-8");
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new ProductError("malformed-body", `read body: ${faults.join("; ")}`);
}

export function mediaTypeOf(request: HttpRequest): string | undefined {
  return (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
}

/** The body as it was sent; throws `body-too-large` where it has more than so many bytes. */
export async function readBytes(request: HttpRequest, most: number): Promise<Uint8Array> {
  const tooLarge = new ProductError("body-too-large", `read body: it has more than ${most} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge;
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > most) throw tooLarge;
  return bytes;
}

/** The query, checked; what the schema does not name is not looked at. */
export function readQuery<Schema extends z.ZodObject>(request: HttpRequest, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(request.query.entries()));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new ProductError("malformed-parameter", `read ${faults.join("; ")}`);
}

/** How long a caller wants to be kept waiting, 0 where they do not say. */
export function waitUpTo(seconds: number) {
  const fault = `it is a whole number of seconds from 0 to ${seconds}`;
  return z.coerce
    .number(fault)
    .int(fault)
    .min(0, fault)
    .max(seconds, fault)
    .default(0)
    .meta({ description: "Seconds to wait for the end of the operation" });
}

/** `?dryRun=true`: say what would be done, and do nothing. */
export const dryRun = z
  .enum(["true", "false"], "it is true or false")
  .default("false")
  .transform((text) => text === "true")
  .meta({ description: "Say what would be done, and do nothing" });

export type CallerKind = "service" | "self" | "admin" | "offboarding" | "monitoring";

/**
 * Which of the accepted kinds the caller is; throws `not-allowed` where none. It does so before anything is looked up, so
 * the answer tells nothing of what exists.
 */
export function authorize(
  { settings }: Pick<Services, "settings">,
  principal: Principal,
  username: string,
  accepted: readonly CallerKind[],
): CallerKind {
  const is: Record<CallerKind, boolean> = {
    service: principal.roles.has(settings.SERVICE_ROLE),
    self: username !== "" && principal.username === username,
    offboarding: principal.roles.has(settings.OFFBOARDING_ROLE),
    admin: principal.roles.has(settings.ADMIN_ROLE),
    monitoring: principal.roles.has(settings.MONITORING_ROLE),
  };
  const kind = accepted.find((candidate) => is[candidate]);
  if (!kind) throw new ProductError("not-allowed", "this token may not act for that person");
  return kind;
}
