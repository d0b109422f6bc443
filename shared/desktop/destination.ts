import { labelText } from "./label-text.ts";

/** A place that desktops may connect to: pods with a label in a namespace, or a range of IPv4 addresses, on one port. */
export type Destination =
  | { namespace: string; label: [key: string, value: string]; port: number }
  | { cidr: string; except: string[]; port: number };

/**
 * Where a cloud tells a machine who it is, with its tokens (169.254.169.254, all clouds), and Azure's platform address
 * (learn.microsoft.com, "What is IP address 168.63.129.16?"). No policy opens them.
 */
const platformRanges = ["169.254.0.0/16", "168.63.129.16/32"];

/**
 * Reads `namespace/label=value:port` or `10.1.0.0/16:port`; null if it is neither, or lies within a range that the
 * cloud's platform has for itself. A wider range leaves that one out.
 */
export function parseDestination(text: string): Destination | null {
  const [, place = "", digits = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535) return null;

  const pods = parsePods(place);
  if (pods) return { ...pods, port };

  const range = rangeOf(place);
  if (!range) return null;
  const platform = platformRanges.map((cidr) => ({ cidr, ...(rangeOf(cidr) ?? range) }));
  if (platform.some(({ first, last }) => first <= range.first && range.last <= last)) return null;
  const except = platform.filter(({ first, last }) => range.first <= first && last <= range.last);
  return { cidr: place, except: except.map(({ cidr }) => cidr), port };
}

/** Reads `namespace/label=value`, both as Kubernetes accepts them; null if it is something else. */
export function parsePods(text: string): { namespace: string; label: [key: string, value: string] } | null {
  const [, namespace, label = ""] = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/(.+)$/.exec(text) ?? [];
  if (namespace === undefined || !labelText.test(label)) return null;
  const [key = "", value = ""] = label.split("=");
  return { namespace, label: [key, value] };
}

/** First and last address of a CIDR whose host bits are zero, as Kubernetes wants it; null if it is not one. */
export function rangeOf(cidr: string): { first: number; last: number } | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return null;
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = match.slice(1).map(Number);
  if ([a, b, c, d].some((octet) => octet > 255) || bits > 32) return null;
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return first % size === 0 ? { first, last: first + size - 1 } : null;
}
