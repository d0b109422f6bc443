import { isJsonObject, type JsonObject } from "../objects.ts";
import { required, unsupported, wrong, type Cause } from "../status.ts";

export const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

export const checkNotNegative = (value: unknown, field: string): Cause[] =>
  typeof value === "number" && value < 0 ? [wrong(field, value, "must be greater than or equal to 0")] : [];

export function checkPort(port: unknown, field: string): Cause[] {
  if (port === undefined) return [required(field)];
  if (typeof port === "number" && port >= 1 && port <= 65535) return [];
  return [wrong(field, port, "must be between 1 and 65535, inclusive")];
}

/** Faults of a port's number, or of its name in the pod. */
export function checkPortOrName(port: unknown, field: string): Cause[] {
  if (typeof port !== "string") return checkPort(port, field);
  return checkPortName(port, field);
}

/** Source: IsValidPortName of apimachinery/pkg/util/validation, which reports all faults. */
export function checkPortName(name: string, field: string): Cause[] {
  const rules: [isBroken: boolean, why: string][] = [
    [name.length > 15, "must be no more than 15 characters"],
    [!/^[-a-z0-9]+$/.test(name), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"],
    [!/[a-z]/.test(name), "must contain at least one letter (a-z)"],
    [name.includes("--"), "must not contain consecutive hyphens"],
    [/^-|-$/.test(name), "must not begin or end with a hyphen"],
  ];
  return rules.flatMap(([isBroken, why]) => (isBroken ? [wrong(field, name, why)] : []));
}

const protocols = ["SCTP", "TCP", "UDP"];

/** Faults of a protocol. `known` has the order in which the server lists them. */
export const checkProtocol = (protocol: unknown, field: string, known = protocols): Cause[] =>
  typeof protocol === "string" && known.includes(protocol) ? [] : [unsupported(field, protocol, known)];
