import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

/** The module that starts processes. */
const startsProcesses = "node:child_process";
const folders = ["functions", "orchestrations", "shared", "local", "portal", "test"];
/** Matches imports and exports of values, including dynamic imports; `import type` is erased. */
const importPattern =
  /^\s*(?:import|export)\s+(?!type\b)(?:[^;"'`]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/**
 * Returns the test files in two classes. Quick ones start no other process. The others import, directly or indirectly,
 * something that does: PostgreSQL (and so every test estate), a control plane, the product, a Functions host.
 */
export function testFiles(root: string): { quick: string[]; processes: string[] } {
  const mayStart = new Map<string, ReadonlySet<string>>();
  const importsOf = (file: string): ReadonlySet<string> => {
    let found = mayStart.get(file);
    if (!found) mayStart.set(file, (found = new Set(imports(root, file))));
    return found;
  };
  const reachesProcesses = (test: string): boolean => {
    const seen = new Set([test]);
    for (const file of seen) for (const each of importsOf(file)) seen.add(each);
    return seen.has(startsProcesses);
  };
  const all = folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
    .sort();
  const processes = all.filter((file) => reachesProcesses(join(root, file)));
  return { quick: all.filter((file) => !processes.includes(file)), processes };
}

/** Returns the project's own files that a file imports, and `node:child_process` if it imports that. */
function imports(root: string, file: string): string[] {
  // A file that does not exist is a failing import, or text that looks like an import.
  if (!file.endsWith(".ts") || !file.startsWith(root) || !existsSync(file)) return [];
  const names = [...readFileSync(file, "utf8").matchAll(importPattern)].map(([, one, other]) => one ?? other ?? "");
  return names.flatMap((name) => {
    if (name === startsProcesses) return [name];
    if (name.startsWith(".")) return [resolve(dirname(file), name)];
    if (name.startsWith("node:")) return [];
    try {
      // A package of this project is a link to its folder.
      const found = createRequire(file).resolve(name);
      return found.includes("node_modules") ? [] : [found];
    } catch {
      return []; // has no entry for require, so it is not ours
    }
  });
}
