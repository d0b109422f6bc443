import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const file = (path: string) => readFile(join(root, path), "utf8");

describe("an alert", async () => {
  interface Alert {
    name: string;
    query: string;
    section: string;
  }
  const alerts = JSON.parse(await file("infra/azure/alerts.json")) as Alert[];
  const sources: string[] = [];
  for await (const source of glob("{functions,orchestrations,shared}/**/*.ts", { cwd: root }))
    if (!source.endsWith(".test.ts")) sources.push(await file(source));
  const code = sources.join("\n");

  it.each(alerts)("$name looks for words and functions that the product still has", ({ query }) => {
    const words = [...query.matchAll(/message contains "([^"]+)"/g)].map(([, word = ""]) => word);
    for (const word of words) expect(code).toContain(word);
    const functions = [...query.matchAll(/name (?:==|in) \(?((?:"\w+"(?:, )?)+)/g)].flatMap(([, list = ""]) =>
      [...list.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name),
    );
    for (const name of functions) expect(code).toMatch(new RegExp(`["\`]${name}["\`]`));
    expect(words.length + functions.length + Number(query.includes("resultCode"))).toBeGreaterThan(0);
    expect(query).toMatch(/\| summarize occurrences = count\(\)$/);
  });

  it.each(alerts)("$name leads to a section that says what to do", async ({ section }) => {
    expect(await file("docs/operations.md")).toContain(`\n## ${section}\n`);
  });
});
