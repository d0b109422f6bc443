import { access, chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { chooseHost } from "./choose-host.ts";
import { freePort, startFunc } from "./func.ts";
import { openHost } from "./open-host.ts";
import { hello, writeTinyApp } from "./tiny-app.ts";

/** How the suite starts, kills and stops `func`: tested without Core Tools, by a fake that runs our local host. */
let folder: string;
const localFunc = fileURLToPath(import.meta.resolve("./local-func.ts"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fake-func-"));
});
afterEach(async () => {
  delete process.env["GREETING"];
  await rm(folder, { recursive: true, force: true });
});

/** Writes an executable that logs its arguments and runs this script. As with Core Tools, the worker is its child. */
async function fakeFunc(script: string): Promise<string> {
  const file = join(folder, "func");
  await writeFile(file, `#!/bin/sh\necho "$@" >> "${join(folder, "arguments")}"\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}
const runsLocalHost = `"${process.execPath}" "${localFunc}" "$@" &\nwait`;

const tinyApp = {
  name: "tiny",
  writeApp: writeTinyApp,
  settings: { GREETING: "from local.settings.json" },
  isUp: async (url: string) => (await hello(url)) !== undefined,
};

describe("with FUNC", () => {
  it("starts the app with local.settings.json and Azurite, kills it with its worker, starts it again, and stops it", async () => {
    process.env["GREETING"] = "from the environment, which wins over local.settings.json";
    const host = await openHost(chooseHost({ FUNC: await fakeFunc(runsLocalHost) }), tinyApp);
    onTestFinished(host.close);
    const first = await hello(host.url);
    expect(first?.greeting).toBe("from local.settings.json");
    const queue = /QueueEndpoint=([^;]+)/.exec(first?.storage ?? "")?.[1] ?? "";
    expect((await fetch(`${queue}?comp=list`)).headers.get("server")).toContain("Azurite");

    await host.process?.crash();
    expect(await hello(host.url)).toBeUndefined();

    await host.process?.restart();
    const second = await hello(host.url);
    expect(second).toEqual({ ...first, pid: expect.any(Number) as number });
    expect(second?.pid).not.toBe(first?.pid);

    await host.close();
    expect(await hello(host.url)).toBeUndefined();
    await expect(fetch(queue)).rejects.toThrow("fetch failed");
    const port = new URL(host.url).port;
    expect(await readFile(join(folder, "arguments"), "utf8")).toBe(`start --port ${port}\n`.repeat(2));
  });

  it.each([
    [
      "the output of func if it ends at once",
      "echo no extension bundle >&2; exit 1",
      /it ended with 1\nno extension bundle/,
    ],
    ["that the program does not exist", undefined, /it ended with 127\n.*no-such-func/],
  ])("reports %s", async (_words, script, words) => {
    const command = [script === undefined ? join(folder, "no-such-func") : await fakeFunc(script)] as const;
    const isUp = () => Promise.resolve(false);
    await expect(startFunc({ command, folder, port: 1, settings: {}, isUp })).rejects.toThrow(words);
  });
});

describe("with FUNCTIONS_HOST_URL", () => {
  it("prepares a folder, says how to start it, waits for the host, and leaves it running", async () => {
    const port = await freePort();
    const prepared = join(folder, "prepared");
    const { promise: told, resolve: tell } = Promise.withResolvers<string>();
    const choice = chooseHost({ FUNCTIONS_HOST_URL: `http://127.0.0.1:${port}/` });
    const opening = openHost(choice, tinyApp, { folder: prepared, tell });
    expect(await told).toContain(`func start --port ${port}`);
    expect(await readFile(join(prepared, "tiny/settings.env"), "utf8")).toMatch(
      /^AzureWebJobsStorage=DefaultEndpointsProtocol=http;.*\nGREETING=from local.settings.json$/m,
    );

    const isUp = () => tinyApp.isUp(`http://127.0.0.1:${port}`);
    const command = [process.execPath, localFunc] as const;
    const func = await startFunc({ command, folder: join(prepared, "tiny"), port, settings: tinyApp.settings, isUp });
    onTestFinished(func.stop);
    const host = await opening;
    expect(host.process).toBeUndefined();
    await host.close();
    expect(await isUp()).toBe(true);
    await func.stop();
    expect(await isUp()).toBe(false);
    await access(join(prepared, "tiny/local.settings.json"));
  });
});

describe("the choice of a host", () => {
  it("is the local host if nothing is named", () => {
    expect(chooseHost({ FUNC: "", FUNCTIONS_HOST_URL: "" })).toMatchObject({ kind: "local" });
  });

  it("takes FUNC as a path from here, or as a name in PATH", () => {
    expect(chooseHost({ FUNC: "./package.json" })).toMatchObject({ func: join(process.cwd(), "package.json") });
    expect(chooseHost({ FUNC: "func" })).toMatchObject({ func: "func" });
  });

  it.each([
    [{ FUNC: "func", FUNCTIONS_HOST_URL: "http://127.0.0.1:7071" }, "both set"],
    [{ FUNC: "./nowhere/func" }, "does not exist (set it to the binary of Core Tools)"],
    [{ FUNCTIONS_HOST_URL: "127.0.0.1:7071" }, "http://127.0.0.1:7071"],
    [{ FUNCTIONS_HOST_URL: "no url" }, "FUNCTIONS_HOST_URL is no url"],
  ])("refuses %j", (environment, words) => {
    expect(() => chooseHost(environment)).toThrow(words);
  });
});
