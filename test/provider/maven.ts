import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Counts, readReports } from "./surefire.ts";

const provider = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "infra/keycloak/provider");
/** Of the Keycloaks that the one jar is for: the oldest, as in pom.xml, and the newest. */
const builds = [
  { args: ["package"], directory: join(provider, "target") },
  { args: ["test", "-Dkeycloak.version=26.7.3"], directory: join(provider, "target/keycloak-26") },
];

/**
 * Builds the Keycloak provider and runs its tests, with the oldest and with the newest Keycloak. Where Maven or a JDK is
 * missing they count as one skipped test, with the reason. A run that fails without a failed test (it does not compile)
 * counts as one.
 */
export async function testProvider(): Promise<{ counts: Counts; words: string }> {
  const missing = await missingTool();
  if (missing !== undefined)
    return { counts: { passed: 0, failed: 0, skipped: 1 }, words: `skipped: provider: ${missing}\n` };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let shown = "";
  for (const { args, directory } of builds) {
    const reports = join(directory, "surefire-reports");
    await rm(reports, { recursive: true, force: true });
    // Maven asks no registry for what it has, so this works offline from the second time on.
    const { code, output } = await run("mvn", ["-B", "-q", ...args, `-DbuildDirectory=${directory}`]);
    const ofBuild = await readReports(reports);
    if (code !== 0 && ofBuild.failed === 0) ofBuild.failed = 1;
    if (ofBuild.failed > 0) shown += output;
    counts.passed += ofBuild.passed;
    counts.failed += ofBuild.failed;
    counts.skipped += ofBuild.skipped;
  }
  const { passed, failed, skipped } = counts;
  return {
    counts,
    words: `${shown}${failed === 0 ? "ok    " : "FAILED"} provider: ${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  };
}

/** Builds the provider's jar into a directory of its own, without the tests. Returns its path. */
export async function buildJar(directory: string): Promise<string> {
  const { code, output } = await run("mvn", [
    ...["-B", "-q", "package", "-Dmaven.test.skip=true"],
    `-DbuildDirectory=${directory}`,
  ]);
  if (code !== 0) throw new Error(`build the Keycloak provider: mvn ended with ${String(code)}\n${output}`);
  return join(directory, "guacamole-workspaces-keycloak.jar");
}

/** Returns what is missing to build the provider, and how to get it. */
export async function missingTool(): Promise<string | undefined> {
  const javac = await run("javac", ["-version"]).catch(() => undefined);
  const release = Number(/^javac (\d+)/m.exec(javac?.output ?? "")?.[1] ?? 0);
  if (release < 17) return "there is no JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless)";
  const maven = await run("mvn", ["-version"]).catch(() => undefined);
  return maven?.code === 0 ? undefined : "Maven is not installed (Debian: apt-get install maven)";
}

/** Throws if there is no such command. */
async function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const started = spawn(command, args, { cwd: provider, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  started.stdout.on("data", (text: Buffer) => (output += text.toString()));
  started.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const [code] = (await once(started, "close")) as [number | null];
  return { code, output };
}
