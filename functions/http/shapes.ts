import { operationIdPattern } from "../../shared/person/operation.ts";
import { z } from "zod";
import {
  canonicalUsername,
  deploymentPattern,
  guacamoleNameLength,
  spelledUsernamePattern,
  usernameFault,
  workspacePattern,
} from "../../shared/desktop/names.ts";

/**
 * The parts of what callers may send. Each is one schema that validates requests and from which the OpenAPI document is
 * generated. If a schema cannot express a rule, one function both checks and describes it, so that the two agree.
 */

/** The person's username in Keycloak, in any case: it is read in its canonical form. */
export const username = name(spelledUsernamePattern, usernameFault)
  .overwrite(canonicalUsername)
  .meta({ examples: ["alice"] });

export const workspaceName = name(
  workspacePattern,
  "it is not a workspace name (1 to 128 lower-case letters, digits, - and ., as Kubernetes allows in a name)",
).meta({ examples: ["asthma-cohort"] });

/** The id of a desktop, as `GET /desktops` returns it. */
export const desktopId = z
  .string()
  .regex(deploymentPattern, "it is 32 hex digits, as the API returned it")
  .meta({ description: "The id of a desktop, as the API returned it", examples: ["ec6c09a26f9255d9b2bd0f59bff67e9f"] });

/** The id of an operation. */
export const operationId = z
  .string()
  .regex(operationIdPattern)
  .meta({
    description: "The id of an operation, as the API returned it",
    examples: ["5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.2b0f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77"],
  });

function name(pattern: RegExp, fault: string) {
  return z.string().max(guacamoleNameLength, { error: fault, abort: true }).regex(pattern, fault);
}

/** One line of text for people, without control characters (they could forge lines in logs). */
export function line(most: number) {
  const fault = `it has 1 to ${most} characters in one line, without control characters`;
  // JSON Schema counts code points, and so does a regular expression with the u flag; `length` does not.
  const pattern = new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,${most}}$`, "u");
  return z.string().regex(pattern, fault).meta({ minLength: 1, maxLength: most });
}

export const reason = line(500).optional().meta({ description: "The reason, for people" });

/** A parameter that is a whole number, in plain digits: no sign, exponent, space, or leading zero. */
export function wholeNumber(from: number, to: number, what = "a whole number") {
  const fault = `it is ${what} from ${from} to ${to}, in plain digits`;
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, fault)
    .transform(Number)
    .pipe(z.int(fault).min(from, fault).max(to, fault));
}

/** A parameter that is `true` or `false`. */
export const flag = z
  .enum(["true", "false"], "it is true or false")
  .transform((text) => text === "true")
  .pipe(z.boolean());

/** A person's claims, by name, as in their token. */
export const claims = z.record(z.string(), z.unknown(), "they are a JSON object");

/** An object that needs at least one of these fields. */
export function atLeastOneOf<Schema extends z.ZodObject>(
  schema: Schema,
  names: readonly (keyof Schema["shape"] & string)[],
) {
  return schema
    .refine(
      (value: Record<string, unknown>) => names.some((each) => value[each] !== undefined),
      `say ${names.join(" or ")}`,
    )
    .meta({ anyOf: names.map((each) => ({ required: [each] })) });
}
