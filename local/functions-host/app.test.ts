import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { app as azure } from "@azure/functions";
import { afterEach, expect, it } from "vitest";
import { type Environment, loadApp } from "./app.ts";
import { startFunctionsHost } from "./host.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Creates a valid app on disk, with `files` replaced; null removes one. */
function appFolder(files: Record<string, string | null> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), "functions-app-"));
  folders.push(folder);
  const all: Record<string, string | null> = {
    "package.json": '{ "main": "built/*.mjs" }',
    "host.json": '{ "version": "2.0" }',
    "built/hello.mjs": hello("hello"),
    ...files,
  };
  symlinkSync(path.resolve(import.meta.dirname, "../../node_modules"), path.join(folder, "node_modules"));
  for (const [name, text] of Object.entries(all)) {
    if (text === null) continue;
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const hello = (name: string) =>
  `import { app } from "@azure/functions"; app.http("${name}", { handler: () => ({ body: process.env.GREETING }) });`;

it("every file that matches package.json's main is loaded, ES modules and CommonJS alike", async () => {
  const appRoot = appFolder({
    "package.json": '{ "main": "built/*.{mjs,cjs}" }',
    "built/old.cjs": 'const { app } = require("@azure/functions"); app.http("old", { handler: () => ({}) });',
  });
  const app = await loadApp({ appRoot });
  expect([...app.functions.keys()].toSorted()).toEqual(["hello", "old"]);
});

it("settings go into the environment: existing ones override the file's, the caller's override both", async () => {
  process.env["SET_BEFORE"] = "before";
  const appRoot = appFolder({
    "local.settings.json": '{ "Values": { "GREETING": "file", "SET_BEFORE": "file", "ONLY_FILE": 3 } }',
  });
  const app = await loadApp({ appRoot, environment: { GREETING: "caller" } });
  expect(process.env).toMatchObject({ GREETING: "caller", SET_BEFORE: "before", ONLY_FILE: "3" });
  const host = await startFunctionsHost({ app, store: ":memory:" });
  expect(await (await fetch(`${host.url}/api/hello`)).text()).toBe("caller");
  await host.close();
});

it("loading an app again returns the same app, because modules load once per process", async () => {
  const appRoot = appFolder();
  expect(await loadApp({ appRoot })).toBe(await loadApp({ appRoot: path.relative(process.cwd(), appRoot) }));
});

it("with load, each call returns an app with its own functions and settings, and process.env stays unchanged", async () => {
  const appRoot = appFolder({
    "host.json": '{ "version": "2.0", "extensions": { "http": { "routePrefix": "api" } } }',
    "local.settings.json": '{ "Values": { "PLACE": "file", "WORDS": "file" } }',
  });
  process.env["WORDS"] = "process";
  const load = ({ GREETING, WORDS }: Environment) => {
    azure.http("hello", {
      route: "%PLACE%",
      authLevel: "anonymous",
      handler: () => ({ body: `${GREETING} ${WORDS}` }),
    });
    return Promise.resolve();
  };
  const before = { ...process.env };
  const one = await loadApp({ appRoot, load, environment: { GREETING: "one" } });
  const other = await loadApp({ appRoot, load, environment: { GREETING: "other", PLACE: "here" } });
  expect(process.env).toEqual(before);
  const hosts = await Promise.all([one, other].map((app) => startFunctionsHost({ app, store: ":memory:" })));
  const ask = async (host: number, path: string) => {
    const response = await fetch(`${hosts[host]?.url}/api/${path}`);
    return response.ok ? response.text() : response.status;
  };
  expect([await ask(0, "file"), await ask(0, "here")]).toEqual(["one process", 404]);
  expect([await ask(1, "file"), await ask(1, "here")]).toEqual([404, "other process"]);
  await Promise.all(hosts.map((host) => host.close()));
});

it("hooks run around an invocation and may change input and result", async () => {
  const appRoot = appFolder({
    "built/hello.mjs": `
      import { app } from "@azure/functions";
      app.hook.appStart(() => { process.env.STARTED = "yes"; });
      app.hook.preInvocation((context) => { context.hookData.before = 1; });
      app.hook.postInvocation((context) => {
        context.error = null ?? undefined;
        context.result = { body: "saved " + context.hookData.before };
      });
      app.hook.log((context) => { context.message = "hooked: " + context.message; });
      app.http("hooked", { handler: (_, context) => { context.log("line"); throw new Error("on purpose"); } });`,
  });
  const messages: string[] = [];
  const log = ({ message }: { message: string }) => messages.push(message);
  const host = await startFunctionsHost({ app: await loadApp({ appRoot }), store: ":memory:", log });
  expect(await (await fetch(`${host.url}/api/hooked`)).text()).toBe("saved 1");
  expect(messages).toContain("hooked: line");
  expect(process.env["STARTED"]).toBe("yes");
  await host.close();
});

it.each<[string, Record<string, string | null>, string]>([
  ["without package.json", { "package.json": null }, 'package.json in .* has no "main"'],
  ["without main", { "package.json": "{}" }, 'has no "main"'],
  ["whose main matches nothing", { "package.json": '{ "main": "no/*.js" }' }, "no file in .* matches"],
  ["with a package.json that is not JSON", { "package.json": "{" }, "read package.json: not valid JSON"],
  ["without host.json", { "host.json": null }, "read host.json: not found"],
  ["with a host.json that is not JSON", { "host.json": "{,}" }, "read host.json: not valid JSON"],
  ["with a host.json of another version", { "host.json": "{}" }, '"version" must be "2.0"'],
  ["with local settings that are not JSON", { "local.settings.json": "x" }, "read local.settings.json: not valid JSON"],
  ["with encrypted settings", { "local.settings.json": '{ "IsEncrypted": true }' }, "it is encrypted"],
  [
    "with settings that are objects",
    { "local.settings.json": '{ "Values": { "A": {} } }' },
    "setting A is not a plain value",
  ],
  ["that registers nothing", { "built/hello.mjs": "export {};" }, "no function was registered"],
  ["whose entry point throws", { "built/hello.mjs": 'throw new Error("broken");' }, "its entry point failed: broken"],
  [
    "with two functions of the same name",
    { "built/other.mjs": hello("HELLO") },
    "register function HELLO: the name is taken",
  ],
])("an app %s is refused with advice", async (_, files, message) => {
  await expect(loadApp({ appRoot: appFolder(files) })).rejects.toThrow(new RegExp(`${message}.*\\(.+\\)`, "s"));
});

it("a function that is registered after loading is refused", async () => {
  const appRoot = appFolder({
    "built/hello.mjs": `import { app } from "@azure/functions";
      app.http("now", { handler: () => ({}) });
      globalThis.registerLater = () => app.http("later", { handler: () => ({}) });`,
  });
  await loadApp({ appRoot });
  const { registerLater } = globalThis as unknown as { registerLater: () => void };
  expect(registerLater).toThrow("register function later: the app has already started");
});

it.each([
  [
    '{ "version": "2.0", "extensions": { "durableTask": { "hubName": "%NO_SUCH_SETTING%" } } }',
    "setting NO_SUCH_SETTING is not set",
  ],
  [
    '{ "version": "2.0", "extensions": { "durableTask": { "maxConcurrentActivityFunctions": 0 } } }',
    "whole number above 0",
  ],
  ['{ "version": "2.0", "extensions": [] }', "extensions: it is not an object"],
])("a host.json such as %s is refused at the start of the host", async (hostJson, message) => {
  const app = await loadApp({ appRoot: appFolder({ "host.json": hostJson }) });
  await expect(startFunctionsHost({ app, store: ":memory:" })).rejects.toThrow(message);
});
