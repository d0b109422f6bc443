import { badRequest } from "../status.ts";
import { parseYaml } from "./yaml.ts";

/** A request's parsed body, and its text, which error messages quote. */
export interface SentBody {
  value: unknown;
  text: string;
}

/** A body that cannot be parsed. The message is that of Go's parser. */
export class ParseFault extends Error {}

/** Parses a body by its media type. Throws ParseFault. */
export function parseBody(text: string, type: string): SentBody {
  return { text, value: type === "application/yaml" ? parseAsYaml(text) : parseJson(text) };
}

/** Parses an applied configuration: YAML, of which JSON is a subset. Throws 400. */
export function parseApplied(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return parseAsYaml(text);
    } catch (fault) {
      throw badRequest(`error decoding YAML: ${(fault as Error).message}`);
    }
  }
}

function parseAsYaml(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new ParseFault(`yaml: ${why}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ParseFault(goSyntaxError(text, error instanceof Error ? error.message : ""));
  }
}

/** JSON.parse reports the position of a syntax error; Go reports the character. */
function goSyntaxError(text: string, message: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.search(/\S/));
  const character = text.slice(position).trimStart()[0];
  if (character === undefined || message.includes("Unexpected end")) return "unexpected end of JSON input";
  return message.startsWith("Unexpected non-whitespace character after JSON")
    ? `invalid character '${character}' after top-level value`
    : `invalid character '${character}' looking for beginning of value`;
}
