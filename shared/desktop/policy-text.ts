import { z } from "zod";
import { type Destination, parseDestination } from "./destination.ts";

/** The texts of a policy's fields: how each kind is read, and what is reported if it cannot be read. */

/** The word for "nothing" in a field that could hold something. */
export const none = "none";
export const objectName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Tokens that Guacamole fills in when a session begins, and that no researcher can choose. */
const tokensInPaths = new Set([
  "HISTORY_PATH",
  "HISTORY_UUID",
  "GUAC_USERNAME",
  "GUAC_DATE",
  "GUAC_TIME",
  "JDBC_CONNECTION_ID",
  "JDBC_CONNECTION_NAME",
  "JDBC_STARTDATE",
  "JDBC_STARTTIME",
]);

export function text(pattern: RegExp, fault: string) {
  return z.string().regex(pattern, fault);
}

/** The most items of a list. */
const mostItems = 64;

export function listOf<Item>(item: z.ZodType<Item, string>) {
  return z
    .string()
    .transform((all) => (all === none ? [] : all.split(",", mostItems + 1).map((one) => one.trim())))
    .pipe(z.array(z.string()).max(mostItems, `has more than ${mostItems} items`))
    .pipe(z.array(item));
}

export function flag() {
  return z.enum(["true", "false"], { error: "is neither true nor false" }).transform((word) => word === "true");
}

export function amount() {
  return text(/^\d+(\.\d+)?(m|[KMGT]i?)?$/, "is not an amount as Kubernetes writes it (500m, 2, 512Mi)");
}

export function wholeNumber() {
  return text(/^[1-9]\d{0,5}$/, "is not a whole number from 1 to 999999").transform(Number);
}

/** The same, or 0. */
export function wholeNumberOr0() {
  return text(/^(0|[1-9]\d{0,5})$/, "is not a whole number from 0 to 999999").transform(Number);
}

/** A port's number, or null for the word. */
export function portOr(word: string) {
  return z
    .string()
    .refine(
      (all) => all === word || (/^[1-9]\d{0,4}$/.test(all) && Number(all) <= 65_535),
      `is neither a port nor ${word}`,
    )
    .transform((all) => (all === word ? null : Number(all)));
}

/** A whole number above 0, or that word for none. */
export function numberOr(word: string) {
  return z
    .string()
    .refine((all) => all === word || /^[1-9]\d{0,5}$/.test(all), `is neither a whole number above 0 nor ${word}`)
    .transform((all) => (all === word ? null : Number(all)));
}

/** Text of a path on guacd's disk. A claim of the person's own in it could lead anywhere, so its tokens are a closed list. */
export function pathText(pattern: RegExp, fault: string) {
  return z
    .string()
    .max(1_000, "is too long")
    .regex(pattern, fault)
    .refine(
      (all) =>
        [...all.matchAll(/\$\{([^}]*)(\}?)/g)].every(([, token = "", end]) => end === "}" && tokensInPaths.has(token)),
      `has a token that is not one of ${[...tokensInPaths].join(", ")}`,
    );
}

export function isWebAddress(all: string): boolean {
  const filledIn = all.replaceAll("{workspace}", "workspace");
  return /^https?:\/\//.test(filledIn) && URL.canParse(filledIn);
}

/** A ConfigMap or a Secret whose keys become environment variables. */
export interface EnvironmentSource {
  kind: "configmap" | "secret";
  name: string;
}

export function environmentSource(source: string, context: z.RefinementCtx): EnvironmentSource {
  const kind = source.startsWith("secret/") ? "secret" : "configmap";
  const name = source.slice(kind.length + 1);
  if (!objectName.test(name))
    context.addIssue({ code: "custom", message: "has an item that is not the name of an object" });
  // Every desktop's Secret is called so: one person's container must never be given another's credential.
  if (name.startsWith("client-")) context.addIssue({ code: "custom", message: "names a desktop's own credential" });
  return { kind, name };
}

export function toleration(text: string) {
  const [, key = "", value, effect] = /^([^=:]+)(?:=([^:]+))?(?::(.+))?$/.exec(text) ?? [];
  const sort = value === undefined ? { operator: "Exists" } : { operator: "Equal", value };
  return { key, ...sort, ...(effect === undefined ? {} : { effect }) };
}

export function destination(place: string, context: z.RefinementCtx): Destination {
  const parsed = parseDestination(place);
  if (parsed) return parsed;
  context.addIssue({
    code: "custom",
    message:
      "is neither `none` nor a list of namespace/label=value:port and 10.1.0.0/16:port outside the cloud's own addresses",
  });
  return z.NEVER;
}

/** What an amount is in its base unit (cores, bytes). */
export function quantity(all: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)(.*)$/.exec(all) ?? [];
  if (unit === "m") return Number(number) / 1_000;
  const power = "KMGT".indexOf(unit.charAt(0)) + 1;
  return Number(number) * (unit === "" ? 1 : (unit.endsWith("i") ? 1_024 : 1_000) ** power);
}
