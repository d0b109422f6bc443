import { isJsonObject, type JsonObject } from "../objects.ts";
import { required, unsupported, wrong, type Cause } from "../status.ts";

export const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

export function checkPort(port: unknown, field: string): Cause[] {
  if (port === undefined) return [required(field)];
  if (typeof port === "number" && port >= 1 && port <= 65535) return [];
  return [wrong(field, port, "must be between 1 and 65535, inclusive")];
}

/** Faults of a port's number, or of its name in the pod. */
export function checkPortOrName(port: unknown, field: string): Cause[] {
  if (typeof port !== "string") return checkPort(port, field);
  if (port.length > 15) return [wrong(field, port, "must be no more than 15 characters")];
  if (!/^[-a-z0-9]+$/.test(port))
    return [wrong(field, port, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")];
  if (!/[a-z]/.test(port)) return [wrong(field, port, "must contain at least one letter (a-z)")];
  if (port.includes("--")) return [wrong(field, port, "must not contain consecutive hyphens")];
  return /^-|-$/.test(port) ? [wrong(field, port, "must not begin or end with a hyphen")] : [];
}

const protocols = ["SCTP", "TCP", "UDP"];

/** Faults of a protocol. `known` has the order in which the server lists them. */
export const checkProtocol = (protocol: unknown, field: string, known = protocols): Cause[] =>
  typeof protocol === "string" && known.includes(protocol) ? [] : [unsupported(field, protocol, known)];
