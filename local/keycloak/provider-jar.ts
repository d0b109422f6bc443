import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGroup } from "../process-group.ts";

const folder = fileURLToPath(new URL("../../infra/keycloak/provider", import.meta.url));
const build = "cd infra/keycloak/provider && mvn package";

/**
 * Returns the jar of our provider. It is built with Maven if there is none, or if a source is newer. Throws with what
 * to do if it cannot be built.
 */
export async function providerJar(tell: (words: string) => void): Promise<string> {
  const jar = join(folder, "target/guacamole-workspaces-keycloak.jar");
  const sources = (await readdir(join(folder, "src"), { recursive: true })).map((name) => join(folder, "src", name));
  const changes = await Promise.all([join(folder, "pom.xml"), ...sources].map(changedAt));
  if ((await changedAt(jar)) > Math.max(...changes)) return jar;
  tell("building the provider with Maven");
  const maven = startGroup(["mvn", "-B", "-q", "package", "-Dmaven.test.skip=true"], { cwd: folder });
  await maven.gone;
  if (maven.ending() !== "it ended with 0")
    throw new Error(
      `build the Keycloak provider: mvn: ${String(maven.ending())} (with Maven and a JDK 17 or newer: ${build})\n${maven.output().trim()}`,
    );
  return jar;
}

/** When a file last changed, in ms since 1970; 0 if it does not exist. */
async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
