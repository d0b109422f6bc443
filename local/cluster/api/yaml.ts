import { loadYaml } from "@kubernetes/client-node";

/** Parses one YAML document into plain values. Throws the parser's error. */
export function parseYaml(text: string): unknown {
  // loadYaml converts known kinds to client models. One level down it does not, so the document stays unchanged.
  const nested = text.replace(/^---.*\n/, "").replace(/^/gm, "  ");
  const document = loadYaml<{ body?: unknown }>(`apiVersion: local/v1\nkind: Document\nbody:\n${nested}`);
  return datesAsText(document.body);
}

/** YAML reads an unquoted date as an instant; the API needs the text. */
function datesAsText(value: unknown): unknown {
  if (value instanceof Date)
    return value
      .toISOString()
      .replace(/T00:00:00\.000Z$/, "")
      .replace(".000Z", "Z");
  if (Array.isArray(value)) return value.map(datesAsText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, datesAsText(each)]));
}
