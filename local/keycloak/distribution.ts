import { readdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { findJava, type JavaRange } from "./java.ts";

/** An unpacked Keycloak, as its vendor ships it, with the jars that somebody put into its folder `providers`. */
export interface Distribution {
  home: string;
  /** For example 26.5.6. */
  version: string;
  major: number;
  /** The version of keycloak-events in `providers`; undefined if there is none. */
  events: string | undefined;
  javaHome: string;
}

/** Returns the folders that KEYCLOAK_HOME names; several are separated like those of PATH. */
export function keycloakHomes(environment: NodeJS.ProcessEnv): string[] {
  return (environment["KEYCLOAK_HOME"] ?? "").split(delimiter).filter((home) => home !== "");
}

/** Throws if the folder is not a distribution of Keycloak, or if there is no Java for it. */
export async function readDistribution(home: string, environment: NodeJS.ProcessEnv): Promise<Distribution> {
  const text = await readFile(join(home, "version.txt"), "utf8").catch(() => "");
  const [, version, major] = /Version ((\d+)\.\S+)/.exec(text) ?? [];
  if (version === undefined)
    throw new Error(`read Keycloak's version: there is none in ${home} (name the unpacked distribution)`);
  const jars = await readdir(join(home, "providers"));
  const [events] = jars.flatMap((jar) => /^keycloak-events-(.+)\.jar$/.exec(jar)?.slice(1) ?? []);
  return { home, version, major: Number(major), events, javaHome: await findJava(javaOf(Number(major)), environment) };
}

/** https://www.keycloak.org/docs/latest/release_notes names the versions of Java of each release. */
function javaOf(major: number): JavaRange {
  return major < 26 ? { from: 17, to: 21 } : { from: 21, to: Infinity };
}
