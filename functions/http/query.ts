import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { ProductError, tellFaults } from "../../shared/errors.ts";

/**
 * Returns the validated query. Unknown parameters are refused: if `?dryrun=true` were ignored, it would do what it was
 * meant only to show. So is a parameter that is given twice, since parsers differ in which of two counts.
 */
export function readQuery<Schema extends z.ZodObject>(request: HttpRequest, schema: Schema): z.output<Schema> {
  const given = new Map<string, string>();
  for (const [name, value] of pairsOf(request)) {
    if (!Object.hasOwn(schema.shape, name)) {
      const known = Object.keys(schema.shape).join(", ");
      throw malformed(
        `${quote(name)}: there is no such parameter here (this path takes ${known === "" ? "none" : known})`,
      );
    }
    if (given.has(name)) throw malformed(`${name}: it is given twice (give it once)`);
    given.set(name, value);
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw malformed(tellFaults(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)));
}

/**
 * Reads the URL, since in `request.query` the host has joined repeated values and replaced bytes that are not UTF-8.
 */
function pairsOf({ url }: HttpRequest): [name: string, value: string][] {
  const pairs = new URL(url).search.slice(1).split("&").filter(Boolean);
  return pairs.map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [decode(name), decode(value.join("="))];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw malformed("the query: it is not UTF-8 in percent-encoding (encode each value)");
  }
}

/** Quotes a name so that it is safe in an answer and a log. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

function malformed(fault: string): ProductError {
  return new ProductError("malformed-parameter", `read ${fault}`);
}
