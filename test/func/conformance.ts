import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ConformanceHost, fixtureSources } from "@stand-in/functions-host/conformance";
import ts from "typescript";
import { linkPackages, root, type WriteApp } from "./app-folder.ts";
import { lookSignal } from "./open-host.ts";

interface HostJson {
  extensions: { durableTask: object; http: object };
}

/**
 * Writes the fixture app of the Durable conformance points, as JavaScript, with the product's host.json, the recorded
 * version, and the route prefix that hosts have by default.
 */
export const writeConformanceApp: WriteApp = async (folder) => {
  const { extensions, ...host } = JSON.parse(await readFile(join(root, "host.json"), "utf8")) as HostJson;
  const durableTask = { ...extensions.durableTask, defaultVersion: "1.0" };
  const http = { ...extensions.http, routePrefix: "api" };
  await writeFile(
    join(folder, "host.json"),
    JSON.stringify({ ...host, extensions: { ...extensions, durableTask, http } }),
  );
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.js" }));
  for (const source of fixtureSources) {
    const { outputText } = ts.transpileModule(await readFile(source, "utf8"), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2024,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    await writeFile(join(folder, basename(source).replace(/\.ts$/, ".js")), outputText);
  }
  const main = 'import { registerConformanceApp } from "./conformance-app.js";\nregisterConformanceApp();\n';
  await writeFile(join(folder, "index.js"), main);
  await linkPackages(folder);
};

export async function isConformanceAppUp(url: string): Promise<boolean> {
  const response = await fetch(`${url}/api/conformance`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ call: "fixture.attempts", args: ["none"] }),
    signal: lookSignal(),
  }).catch(() => undefined);
  return response?.status === 200;
}

const ended = ["Completed", "Failed", "Terminated"];
const lookMilliseconds = 50;

/**
 * The fixture app on a host in another process. Such a host does not report when it has nothing left to do, so an
 * instance that has not changed for `quietMilliseconds` counts as waiting.
 */
export function conformanceHost(url: string, quietMilliseconds: number): ConformanceHost {
  return {
    api: `${url}/api`,
    pause: () => pause(lookMilliseconds),
    async settle(_instanceId, status) {
      let seen = "";
      let seenAt = Date.now();
      while (Date.now() - seenAt < quietMilliseconds) {
        const answer = await status();
        if ("error" in answer || ended.includes(answer.status)) return;
        const words = JSON.stringify(answer);
        if (words !== seen) [seen, seenAt] = [words, Date.now()];
        await pause(lookMilliseconds);
      }
    },
  };
}
