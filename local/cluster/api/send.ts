import type { ServerResponse } from "node:http";
import { dumpYaml } from "@kubernetes/client-node";
import type { Wanted } from "./accept.ts";

/** Sends a complete response, with warnings that kubectl shows to its user. */
export function send(
  response: ServerResponse,
  code: number,
  body: unknown,
  { type }: Pick<Wanted, "type">,
  warnings: readonly string[] = [],
): void {
  const text = type === "application/yaml" ? yamlOf(body) : JSON.stringify(body);
  if (warnings.length > 0) response.setHeader("warning", warnings.map(warning));
  response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

const warning = (text: string): string => `299 - ${JSON.stringify(text)}`;

/** The client would convert a known kind to a model; one level down it does not. */
function yamlOf(body: unknown): string {
  return dumpYaml({ body }, { sortKeys: true, seqNoIndent: true, quoteStyle: "double", lineWidth: -1 })
    .replace(/^body:\n/, "")
    .replace(/^ {2}/gm, "");
}
