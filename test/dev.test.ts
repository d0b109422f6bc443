import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { attach } from "./debugger.ts";

const root = dirname(import.meta.dirname);
const read = async (...path: string[]) => JSON.parse(await readFile(join(...path), "utf8")) as Record<string, unknown>;
const { dev = "" } = (await read(root, "package.json"))["scripts"] as Record<string, string>;

/** A copy of the sources, so that tests may edit them. Nothing is built. */
let folder: string;
let state: string;
let port: number;
let watcher: ChildProcess;
let output = "";
/** Resolves with the next output. */
let printed = Promise.withResolvers<undefined>();
/** Resolves when every process that can write there has ended. */
let ended: Promise<unknown>;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dev-"));
  state = join(folder, ".local");
  for (const part of [
    "functions",
    "orchestrations",
    "shared",
    "local",
    "infra",
    "portal",
    "package.json",
    "host.json",
    "tsconfig.json",
  ])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  port = (probe.address() as AddressInfo).port;
  probe.close();
  start();
});
afterAll(async () => {
  for (const child of started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null))
    child.kill("SIGINT");
  // End what a failed test left without its watcher: the lock of the state has the process's id in its name.
  for (const name of await readdir(state).catch(() => []))
    if (name.startsWith("lock-")) process.kill(Number(name.split("-")[1]), "SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
});

/** Runs the command of `npm run dev` without npm around it, on ports that no other test uses: anybody may use 7071. */
function start(): void {
  const [node, ...args] = dev.split(" ");
  expect(node).toBe("node");
  output = "";
  watcher = spawn(process.execPath, [...args, "--port", String(port)], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: "--inspect-port=0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(watcher);
  for (const stream of [watcher.stdout, watcher.stderr])
    stream?.on("data", (text: Buffer) => {
      output += text.toString();
      printed.resolve(undefined);
      printed = Promise.withResolvers();
    });
  ended = once(watcher, "close");
}

/**
 * Resolves when the text has been printed that many times since the start. Throws if more runs have failed meanwhile
 * than expected.
 */
async function untilPrinted(text: string, times: number, failures = 0): Promise<void> {
  const count = (words: string) => output.split(words).length - 1;
  const over = ended.then(() => {
    throw new Error(`npm run dev ended before it printed “${text}” ${times} times:\n${output}`);
  });
  over.catch(() => undefined);
  while (count(text) < times) {
    if (count(failed) > failures) throw new Error(`npm run dev failed:\n${output}`);
    await Promise.race([printed.promise, over]);
  }
}

async function titleOf(api: unknown): Promise<unknown> {
  const response = await fetch(`${String(api)}/api/openapi.json`);
  return ((await response.json()) as { info: { title: string } }).info.title;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

const postgresPid = async () => Number.parseInt(await readFile(join(state, "database/data/postmaster.pid"), "utf8"));
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
interface CallFrame {
  callFrameId: string;
  functionName: string;
  location: { lineNumber: number };
}

const failed = "Failed running";
const serving = "Ctrl-C stops everything";
const openApi = "functions/http/openapi.ts";

it("npm run dev comes up from the sources, without a build of the product, with a desktop that is ready", async () => {
  await untilPrinted(serving, 1);
  expect(output).toContain("The desktop is ready");
  expect(existsSync(join(folder, "dist/functions"))).toBe(false);
  expect(await titleOf((await read(state, "running.json"))["api"])).toBe("guacamole-workspaces");
});

it("npm run dev starts again when a source changes, with the same state and addresses", async () => {
  const before = await read(state, "running.json");
  const postgres = await postgresPid();
  await edit(openApi, (text) => text.replace('title: "guacamole-workspaces"', 'title: "edited"'));
  await untilPrinted(serving, 2);
  expect(output).toContain("it is already running from an earlier start");
  expect(await read(state, "running.json")).toEqual(before);
  expect(await titleOf(before["api"])).toBe("edited");
  expect(isAlive(postgres)).toBe(false);
});

it("npm run dev reports a broken source, and comes up when it is fixed", async () => {
  await edit(openApi, (text) => `${text}\nexport const = 1;\n`);
  await untilPrinted(failed, 1);
  expect(output).toContain("openapi.ts");
  await edit(openApi, (text) => text.replace("\nexport const = 1;\n", ""));
  await untilPrinted(serving, 3, 1);
});

it("npm run dev builds the portal again when a file of it changes", async () => {
  const page = async () => (await fetch(String((await read(state, "running.json"))["api"]))).text();
  expect(await page()).toContain("<h1>Your research desktops</h1>");
  await edit("portal/index.html", (text) => text.replace("<h1>Your research desktops</h1>", "<h1>Edited</h1>"));
  await untilPrinted(serving, 4, 1);
  expect(await page()).toContain("<h1>Edited</h1>");
});

it("npm run dev stops at a breakpoint in a saga, and continues from there", async () => {
  const { api, issuer } = (await read(state, "running.json")) as { api: string; issuer: string };
  const headers = { authorization: `Bearer ${await sampleToken(issuer, "alice")}`, "content-type": "application/json" };
  const saga = await readFile(join(folder, "orchestrations/saga.ts"), "utf8");
  const lineNumber = saga.split("\n").findIndex((line) => line.includes("workflow.call(step.do, input)"));
  const inspector = await attach([...output.matchAll(/Debugger listening on (ws:\S+)/g)].at(-1)?.[1] ?? "");
  const paused = inspector.next<{ callFrames: CallFrame[] }>("Debugger.paused");
  const { breakpointId } = await inspector.call<{ breakpointId: string }>("Debugger.setBreakpointByUrl", {
    ...{ urlRegex: "/orchestrations/saga\\.ts$", lineNumber, condition: 'step.name === "permission"' },
  });

  const body = JSON.stringify({ workspace: "cancer-registry" });
  const asked = fetch(`${api}/api/users/alice/desktop`, { method: "PUT", headers, body });
  const [top] = (await paused).callFrames;
  expect([top?.functionName, top?.location.lineNumber]).toEqual(["perform", lineNumber]);
  const { result } = await inspector.call<{ result: { value: unknown } }>("Debugger.evaluateOnCallFrame", {
    ...{ callFrameId: top?.callFrameId, expression: "input.plan.workspace" },
  });
  expect(result.value).toBe("cancer-registry");

  await inspector.call("Debugger.removeBreakpoint", { breakpointId });
  await inspector.call("Debugger.resume");
  inspector.close();
  const operation = (await (await asked).json()) as { id: string };
  const end = await fetch(`${api}/api/operations/${operation.id}?wait=20`, { headers });
  expect(await end.json()).toMatchObject({ state: "done" });
});

it("npm run dev ends all its processes on Ctrl-C", async () => {
  const postgres = await postgresPid();
  expect(isAlive(postgres)).toBe(true);
  watcher.kill("SIGINT");
  await ended;
  expect(output.trimEnd()).toMatch(/stopped$/);
  expect(isAlive(postgres)).toBe(false);
});

it("npm run dev ends all its processes if the watcher is killed", async () => {
  start();
  await untilPrinted(serving, 1);
  const postgres = await postgresPid();
  watcher.kill("SIGKILL");
  await ended;
  expect(output.trimEnd()).toMatch(/stopped$/);
  expect(isAlive(postgres)).toBe(false);
});

it("npm run dev is what VS Code starts and attaches to", async () => {
  const { configurations } = (await read(root, ".vscode/launch.json")) as { configurations: Record<string, unknown>[] };
  const { tasks } = (await read(root, ".vscode/tasks.json")) as { tasks: Record<string, unknown>[] };
  for (const { request, port, preLaunchTask } of configurations) {
    expect([request, port]).toEqual(["attach", 9229]); // Node's default
    if (preLaunchTask !== undefined) expect(tasks.map(({ label }) => label)).toContain(preLaunchTask);
  }
  expect(tasks).toMatchObject([{ type: "npm", script: "dev", isBackground: true }]);
  expect(dev.split(" ")).toContain("--inspect");
});
