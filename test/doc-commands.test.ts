import { existsSync } from "node:fs";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../functions/app.ts";
import { builtPortal } from "../local/sources.ts";
import type { DescribedRoute } from "../functions/http/route.ts";
import { readSettings, settingOf, settingsSchema } from "../shared/config.ts";
import { policyFields } from "../shared/desktop/policy.ts";
import { unconnectedSettings } from "./package/unconnected.ts";

/** What the documentation tells people to type exists: scripts, files, calls, parameters and settings. */

const root = dirname(import.meta.dirname);
const pages: string[] = [];
for await (const page of glob(["README.md", "docs/*.md"], { cwd: root })) pages.push(page);
const read = (path: string) => readFile(join(root, path), "utf8");

let routes: readonly DescribedRoute[];
let folder: string;
let close: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doc-commands-"));
  const app = connect(readSettings(await unconnectedSettings(folder)), builtPortal);
  routes = app.routes.flatMap(({ described }) => described);
  close = app.close;
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

/** Code in a page: fenced blocks, and what stands between backticks. */
function codeIn(text: string): string[] {
  const fenced = [...text.matchAll(/^```.*\n([^]*?)^```/gm)].map(([, block = ""]) => block.replaceAll("\\\n", " "));
  const inline = [...text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  return [...fenced, ...inline.map((code) => code.replaceAll(/\s+/g, " "))];
}

/** `a/{b,c}` is `a/b` and `a/c`. */
function alternativesOf(path: string): string[] {
  const [whole, list] = /\{([\w-]+(?:,[\w-]+)+)\}/.exec(path) ?? [];
  if (whole === undefined || list === undefined) return [path];
  return list.split(",").map((each) => path.replace(whole, each));
}

/** What is wrong with a call as a page writes it; null if the API has it. */
function faultOfCall(method: string, address: string): string | null {
  const [path = "", query = ""] = address.replace(/^\/api\//, "/").split("?");
  const parts = path.split("/").slice(1);
  const isSame = (part: string, given: string | undefined) =>
    part === given || (/^\{/.test(part) && given !== undefined);
  const found = routes.find((route) => {
    const own = route.path.split("/");
    return (
      route.method === method && own.length === parts.length && own.every((part, index) => isSame(part, parts[index]))
    );
  });
  if (!found) return `there is no ${method} ${path}`;
  const known = Object.keys(found.endpoint.query?.shape ?? {});
  const unknown = [...new URLSearchParams(query).keys()].filter((name) => !known.includes(name));
  return unknown.length === 0 ? null : `${method} ${path} has no parameter ${unknown.join(", ")}`;
}

/** The calls in code: `GET /path`, and curl with `$API/path`. */
function callsIn(code: string): [method: string, address: string][] {
  const named = [...code.matchAll(/\b(GET|PUT|POST|DELETE) (\/[\w/{},.-]+(?:\?[\w=&.-]+)?)/g)].map(
    ([, method = "", address = ""]) => [method, address] as const,
  );
  const made = [...code.matchAll(/curl [^\n]*?\$API(\/[\w/-]+(?:\?[\w=&.-]+)?)/g)].map(
    ([line, address = ""]) => [/-X (\w+)/.exec(line)?.[1] ?? "GET", address] as const,
  );
  return [...named, ...made].flatMap(([method, address]) =>
    alternativesOf(address).map((each): [string, string] => [method, each]),
  );
}

describe.each(pages)("%s", (page) => {
  it("names only scripts that there are", async () => {
    const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
    const named = codeIn(await read(page)).flatMap((code) => [...code.matchAll(/npm run (?:-s )?([\w:-]+)/g)]);
    expect(named.map(([, name = ""]) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  it("names only files that there are", async () => {
    const named = codeIn(await read(page)).flatMap((code) => [
      ...code.matchAll(
        /(?<![\w./@-])(?:\.\/)?((?:docs|infra|local|orchestrations|shared|test)\/[\w./-]*[\w/])(?![\w*…-])/g,
      ),
    ]);
    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("gives each POST that has no body a length: without one, NGINX in HTTP/1.0 and some front ends get a refusal", async () => {
    const calls = codeIn(await read(page)).flatMap((code) => [...code.matchAll(/curl [^\n]*-X POST[^\n]*/g)]);
    expect(calls.map(([call]) => call).filter((call) => !/ (?:-d|--data\S*) /.test(call))).toEqual([]);
  });

  it("names only calls that there are, with parameters that they have", async () => {
    const faults = codeIn(await read(page))
      .flatMap(callsIn)
      .map(([method, address]) => faultOfCall(method, address));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  it("names only settings that the product, the host, the template or the hooks read", async () => {
    const azure = await read("docs/azure.md");
    const known = new Set([
      ...Object.keys(settingsSchema.shape),
      ...Object.keys(policyFields).map(settingOf),
      ...[...azure.matchAll(/`([A-Z_]+)`/g)].map(([, name = ""]) => name),
      ...["TASKHUB_NAME", "NODE_EXTRA_CA_CERTS"],
      // Stand for what is different everywhere.
      ...["GROUP", "CLUSTER", "DIRECTORY", "API", "TOKEN"],
    ]);
    const named = codeIn(await read("docs/deploy.md")).flatMap((code) => [
      ...code.matchAll(/(?:^|[ $(])([A-Z][A-Z_]{3,})(?=[=`)/ ]|$)/gm),
    ]);
    const unknown = named.map(([, name = ""]) => name).filter((name) => !known.has(name));
    expect(unknown.filter((name) => !["CREATE", "DATABASE", "COLLATE", "POST"].includes(name))).toEqual([]);
  });

  it("calculates with the numbers of the code", async () => {
    const text = await read("docs/deploy.md");
    const numberIn = async (path: string, pattern: RegExp) => Number(pattern.exec(await read(path))?.[1]);
    const connections = await numberIn("shared/guacamole/database.ts", /maxConnections = (\d+)/);
    const calls = await numberIn("shared/kubernetes/guarded-calls.ts", /callsAtOnce = (\d+)/);
    const instances = await numberIn("infra/azure/modules/functions.bicep", /maximumInstances \?\? (\d+)/);
    const timers = connect(readSettings(await unconnectedSettings(folder)), builtPortal).timers.length;
    expect(text).toContain(`up to ${connections} connections`);
    expect(text).toContain(`makes ${calls} at once`);
    const rows = [...text.matchAll(/^\| ([^|]+?) +\| +(\d+) \| +(\d+) \|$/gm)].map(([, , ...figures]) =>
      figures.map(Number),
    );
    expect(rows).toEqual([3, 2 + timers, instances].map((processes) => [processes, processes * connections]));
    expect(text).toContain(`(\`scale.maximumInstances\`, ${instances})`);

    const { cpuRequest, memoryRequest, memoryLimit } = policyFields;
    expect([cpuRequest, memoryRequest, memoryLimit].map((field) => field.parse(undefined))).toEqual([
      "250m",
      "512Mi",
      "2Gi",
    ]);
    const nodes = [...text.matchAll(/^\| (\d+) CPU, (\d+) GiB +\| +(\d+) \| +(\d+) \| +(\d+) \| +(\d+) \|$/gm)];
    expect(nodes.length).toBe(3);
    for (const [, cpu, memory, ...figures] of nodes) {
      const byCpu = Math.floor((Number(cpu) - 0.7) / 0.25);
      const left = Number(memory) - 3.5;
      const byMemory = Math.floor(left / 0.5);
      expect(figures.map(Number)).toEqual([byCpu, byMemory, Math.min(byCpu, byMemory), Math.floor(left / 2)]);
    }
  });
});
