import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hubActivities } from "../../functions/activities/activity.ts";
import { type AppPackage, packageApp, writePackage } from "../../local/package/app-package.ts";
import { unconnectedSettings } from "./unconnected.ts";

const root = dirname(dirname(import.meta.dirname));
const run = promisify(execFile);

let app: AppPackage;
/** Outside the repository: no package is found from here. */
let folder: string;
beforeAll(async () => {
  app = await packageApp(root);
  folder = await realpath(await mkdtemp(join(tmpdir(), "package-")));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textOf = (name: string) => new TextDecoder().decode(app.files.get(name));

describe("the package", () => {
  it("has exactly the files that are deployed", () => {
    const [portal, others] = [true, false].map((isOf) =>
      [...app.files.keys()].filter((name) => name.startsWith("portal/") === isOf),
    );
    expect(others).toEqual([
      "THIRD-PARTY-NOTICES.txt",
      "app.js",
      "app.js.map",
      "host.json",
      "index.js",
      "package.json",
    ]);
    const pages = ["accessibility", "console", "index"].map((name) => `portal/${name}.html`);
    expect(portal?.filter((name) => !name.startsWith("portal/assets/"))).toEqual(pages);
    // Each asset that compresses well is there in three forms.
    expect(portal).toContainEqual(expect.stringMatching(/^portal\/assets\/index-[\w-]{8}\.js\.br$/));
    expect(portal?.filter((name) => !/\.(html|js|css|svg)(\.br|\.gz)?$/.test(name))).toEqual([]);
  });

  it("is the same as a zip, and not larger than a start can afford", () => {
    const unzipped = Object.entries(unzipSync(app.zip));
    expect(unzipped.map(([name]) => name)).toEqual([...app.files.keys()]);
    for (const [name, content] of unzipped) expect(Buffer.compare(content, app.files.get(name) ?? Buffer.of())).toBe(0);
    const code = app.files.get("app.js")?.length ?? 0;
    // An empty bundle would be small, too. What makes one grow is seen in what `npm run package` prints.
    expect(code).toBeGreaterThan(4e6);
    expect(code).toBeLessThan(9.5e6);
    expect(app.zip.length).toBeLessThan(3e6);
  });

  it("is the same bytes when it is made again", async () => {
    expect(Buffer.compare((await packageApp(root)).zip, app.zip)).toBe(0);
  });

  it("has another host.json for the scheduler, another name, and else the same", async () => {
    const other = await packageApp(root, "scheduler");
    expect(other.name).toBe(`${app.name}-scheduler`);
    const differs = [...other.files].filter(([name, content]) =>
      Buffer.compare(content, app.files.get(name) ?? content),
    );
    expect(differs.map(([name]) => name)).toEqual(["host.json"]);
  });

  it("depends on nothing that would have to be installed", () => {
    const manifest = JSON.parse(textOf("package.json")) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).toMatchObject({ type: "module", main: "index.js" });
    const imported = ["index.js", "app.js"].flatMap((file) =>
      [...textOf(file).matchAll(/^import .*?"([^"]+)";$/gm)].map(([, name = ""]) => name),
    );
    expect(imported.length).toBeGreaterThan(10);
    expect(imported.filter((name) => !name.startsWith("node:") && !isOfNode(name))).toEqual([]);
  });

  it("passes on the licence of each package in it", () => {
    const notices = textOf("THIRD-PARTY-NOTICES.txt");
    for (const name of [
      "@azure/functions",
      "@kubernetes/client-node",
      "durable-functions",
      "nhsuk-frontend",
      "oauth4webapi",
      "pg",
      "preact",
      "zod",
    ])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\([\\w.-]+\\)$`, "m"));
    // esbuild makes the bundle and is not in it.
    expect(notices).not.toMatch(/^esbuild /m);
  });

  it("leads from each place in the bundle to its source", () => {
    const { sources } = JSON.parse(textOf("app.js.map")) as { sources: string[] };
    expect(sources).toContain("../../../functions/app.ts");
    expect(
      sources.filter((source) => /\.test\.ts$|\/(local|test)\//.test(source) && !source.includes("node_modules")),
    ).toEqual([]);
  });

  it("registers the same functions as the app that is not bundled", async () => {
    await writePackage(app, folder);
    const [packaged, built] = [await registeredIn(folder), await registeredIn(root)];
    expect(built.length).toBeGreaterThan(50);
    expect(packaged).toEqual(built);

    // A Durable client costs the host and the worker something in each call.
    const activities = packaged.filter(({ bindings }) => has(bindings, "activityTrigger"));
    const withClient = activities.filter(({ bindings }) => has(bindings, "durableClient")).map(({ name }) => name);
    expect(activities.length).toBeGreaterThan(30);
    expect(withClient.sort()).toEqual([...hubActivities].sort());
  });
});

describe("the entry point of the package", () => {
  /** Runs it with this folder for temporary files, and a bundle that says where the compile cache is. */
  async function cacheFolder(temporary: string, more: Record<string, string> = {}): Promise<string> {
    const entry = join(temporary, "app");
    await mkdir(entry);
    await writeFile(join(entry, "index.js"), app.files.get("index.js") ?? "");
    await writeFile(join(entry, "package.json"), textOf("package.json"));
    const says =
      'import { getCompileCacheDir } from "node:module";\nprocess.stdout.write(String(getCompileCacheDir()));\n';
    await writeFile(join(entry, "app.js"), says);
    const ownSettings = ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE"];
    const environment = Object.entries(process.env).filter(([name]) => !ownSettings.includes(name));
    const env = { ...Object.fromEntries(environment), TMPDIR: temporary, ...more };
    return (await run(process.execPath, [join(entry, "index.js")], { env })).stdout;
  }
  const temporary = () => mkdtemp(join(folder, "tmp-"));
  const ours = `guacamole-workspaces-${process.getuid?.() ?? "cache"}`;

  it("keeps compiled code in a folder that only this account can use", async () => {
    const place = await temporary();
    expect(await cacheFolder(place)).toContain(join(place, ours));
    expect((await stat(join(place, ours))).mode & 0o777).toBe(0o700);
  });

  it("uses no compiled code that another account could have put there", async () => {
    const open = await temporary();
    await mkdir(join(open, ours));
    await chmod(join(open, ours), 0o777);
    expect(await cacheFolder(open)).toBe("undefined");

    const linked = await temporary();
    await mkdir(join(linked, "elsewhere"), { mode: 0o700 });
    await symlink(join(linked, "elsewhere"), join(linked, ours));
    expect(await cacheFolder(linked)).toBe("undefined");
  });

  it("starts without a cache where no file can be written", async () => {
    const place = await temporary();
    expect(await cacheFolder(place, { TMPDIR: join(place, "app", "index.js") })).toBe("undefined");
  });

  it("leaves the place to NODE_COMPILE_CACHE", async () => {
    const place = await temporary();
    expect(await cacheFolder(place, { NODE_COMPILE_CACHE: join(place, "chosen") })).toContain(join(place, "chosen"));
  });
});

function isOfNode(name: string): boolean {
  return process.getBuiltinModule(name) !== undefined;
}

interface Registered {
  name: string;
  bindings: Record<string, { type: string }>;
}

function has(bindings: Registered["bindings"], type: string): boolean {
  return Object.values(bindings).some((each) => each.type === type);
}

/** Returns what the app in a folder registers with the host. */
async function registeredIn(appFolder: string): Promise<Registered[]> {
  const settings = await unconnectedSettings(folder);
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "registered.ts")], {
    cwd: appFolder,
    env: { ...process.env, ...settings },
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Registered[];
}
