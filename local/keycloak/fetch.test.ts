import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** Plays Maven: makes the files that it would, notes what it was asked for, and waits where a test wants it to. */
const maven = `#!/bin/sh
for each; do
  case $each in
    -Dartifact=*) artifact=\${each#-Dartifact=} ;;
    -DoutputDirectory=*) folder=\${each#-DoutputDirectory=} ;;
  esac
done
echo "$artifact" >> "$LOG"
case $artifact in
  *:0.0.0:*) exit 1 ;;
  *:zip) mkdir -p "$folder/keycloak-26.7.3/providers"; echo half > "$folder/keycloak-26.7.3/version.txt" ;;
  *) [ -z "$HANG" ] || sleep 600; echo jar > "$folder/keycloak-events-0.59.jar" ;;
esac
`;

let folder: string;
let cache: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fetch-"));
  cache = join(folder, "guacamole-workspaces/keycloak");
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/mvn"), maven);
  await chmod(join(folder, "bin/mvn"), 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(version: string, more: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [new URL("./fetch.ts", import.meta.url).pathname, version], {
    env: {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      XDG_CACHE_HOME: folder,
      LOG: join(folder, "log"),
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(version: string): Promise<{ code: number | null; printed: string; errors: string }> {
  const child = start(version);
  let printed = "";
  let errors = "";
  child.stdout?.on("data", (text: Buffer) => (printed += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, printed, errors };
}

const asked = async () => (await readFile(join(folder, "log"), "utf8")).trim().split("\n");

it("gets Keycloak and the extension that fits it, once, and prints where they are", async () => {
  const first = await run("26.7.3");
  const home = join(cache, "keycloak-26.7.3-events-0.59");
  expect(first).toMatchObject({ code: 0, printed: `${home}\n` });
  expect(await readdir(join(home, "providers"))).toEqual(["keycloak-events-0.59.jar"]);
  expect(await run("26.7.3")).toEqual(first);
  expect(await asked()).toEqual([
    "org.keycloak:keycloak-quarkus-dist:26.7.3:zip",
    "io.phasetwo.keycloak:keycloak-events:0.59",
  ]);
});

it("two at once end with the same whole folder", async () => {
  const [one, other] = await Promise.all([run("26.7.3"), run("26.7.3")]);
  expect(one).toEqual(other);
  expect(one.code).toBe(0);
  expect(await readdir(cache)).toEqual(["keycloak-26.7.3-events-0.59"]);
});

it("one that is killed halfway leaves nothing", async () => {
  const child = start("26.7.3", { HANG: "yes" });
  await expect.poll(() => asked().catch(() => [])).toHaveLength(2);
  child.kill("SIGKILL");
  await expect.poll(() => readdir(cache)).toEqual([]);
});

it("a version that Maven does not find is named", async () => {
  const { code, printed, errors } = await run("0.0.0");
  expect([code, printed]).toEqual([1, ""]);
  expect(errors).toContain("get org.keycloak:keycloak-quarkus-dist:0.0.0:zip with mvn: it ended with 1");
  expect(await readdir(cache)).toEqual([]);
});
