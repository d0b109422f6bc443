import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a JSON object of the app; `undefined` if the file does not exist. Throws one sentence that names the file. */
function readJsonFile(appRoot: string, name: string): Json | undefined {
  const file = path.join(appRoot, name);
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`read ${name}: not valid JSON (correct ${file}: ${(cause as Error).message})`, { cause });
  }
  if (!isRecord(value)) throw new Error(`read ${name}: not a JSON object (correct ${file})`);
  return value;
}

/** Reads host.json. As for Azure's tools, a folder without one is not an app. */
export function readHostJson(appRoot: string): Json {
  const host = readJsonFile(appRoot, "host.json");
  if (!host) throw new Error(`read host.json: not found in ${appRoot} (start with {"version": "2.0"})`);
  if (host["version"] !== "2.0") throw new Error(`read host.json: "version" must be "2.0" (add it)`);
  return host;
}

/** Reads the settings of local.settings.json; empty without the file, which is not deployed and often missing. */
export function readLocalSettings(appRoot: string): Record<string, string> {
  const settings = readJsonFile(appRoot, "local.settings.json");
  if (!settings) return {};
  if (settings["IsEncrypted"] === true) {
    throw new Error(`read local.settings.json: it is encrypted (run "func settings decrypt" in ${appRoot})`);
  }
  const values = settings["Values"] ?? {};
  if (!isRecord(values)) throw new Error(`read local.settings.json: "Values" is not an object (make it one)`);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (typeof value === "object" && value !== null) {
        throw new Error(`read local.settings.json: setting ${key} is not a plain value (write it as a string)`);
      }
      return [key, String(value)];
    }),
  );
}

/** Returns the files that match package.json's `main` glob, in the worker's order. */
export function findEntryPoints(appRoot: string): string[] {
  const main = readJsonFile(appRoot, "package.json")?.["main"];
  if (typeof main !== "string" || main === "") {
    throw new Error(`find entry point: package.json in ${appRoot} has no "main" (point it at the built functions)`);
  }
  const files = globSync(main, { cwd: appRoot }).sort();
  if (files.length === 0) {
    throw new Error(`find entry point: no file in ${appRoot} matches "main": "${main}" (build the app, or correct it)`);
  }
  return files.map((file) => path.join(appRoot, file));
}
