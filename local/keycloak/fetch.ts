/**
 * `npm run -s fetch:keycloak -- VERSION…` gets Keycloak and a fitting keycloak-events from Maven Central, keeps them in
 * a cache folder, and prints the value for KEYCLOAK_HOME. What is in the cache already is not fetched again.
 */
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { afterThisProcess } from "../after-this-process.ts";
import { startGroup } from "../process-group.ts";

/** Checks what it downloads, and keeps it in Maven's own repository too. */
const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "guacamole-workspaces/keycloak");

/** Of the versions that Maven Central has, those that were seen to load and to send (README.md in this folder). */
function eventsFor(version: string): string {
  if (version.startsWith("25.")) return "0.32";
  return /^26\.[0-5]\./.test(version) ? "0.51" : "0.59";
}

/** Returns the home of this version. Two at once, or one killed halfway, leave either a whole folder or none. */
async function fetchKeycloak(version: string): Promise<string> {
  const events = eventsFor(version);
  const home = join(cache, `keycloak-${version}-events-${events}`);
  if (await exists(join(home, "version.txt"))) return home;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, ".draft-"));
  const forgetDraft = afterThisProcess('rm -rf "$0"', draft);
  try {
    await maven("unpack", `org.keycloak:keycloak-quarkus-dist:${version}:zip`, draft, draft);
    const unpacked = join(draft, `keycloak-${version}`);
    await maven("copy", `io.phasetwo.keycloak:keycloak-events:${events}`, join(unpacked, "providers"), draft);
    await rename(unpacked, home).catch(async (error: unknown) => {
      if (!(await exists(join(home, "version.txt")))) throw error; // else somebody else was faster
    });
    return home;
  } finally {
    await rm(draft, { recursive: true, force: true });
    forgetDraft();
  }
}

/** Strict about checksums: Maven only warns unless told. It ends when this process does. */
async function maven(goal: "unpack" | "copy", artifact: string, folder: string, cwd: string): Promise<void> {
  const options = ["--batch-mode", "--quiet", "--strict-checksums"];
  const wanted = [`${plugin}:${goal}`, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
  // In a working folder of its own: it reads a pom.xml that is there, and writes its marks there.
  const group = startGroup(["mvn", ...options, ...wanted], { cwd });
  await group.gone;
  if (group.ending() !== "it ended with 0")
    throw new Error(`get ${artifact} with mvn: ${String(group.ending())}\n${group.output()}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

try {
  const versions = process.argv.slice(2);
  if (versions.length === 0) throw new Error("name a version: npm run -s fetch:keycloak -- 26.7.3");
  const homes: string[] = [];
  for (const version of versions) homes.push(await fetchKeycloak(version));
  process.stdout.write(`${homes.join(delimiter)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
