import { readdir, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

/** The major versions of Java that a program runs on. */
export interface JavaRange {
  from: number;
  to: number;
}

/** Where distributions of Linux install Java. */
const usualFolder = "/usr/lib/jvm";

/**
 * Returns the home of a Java in this range: JAVA_HOME if it fits, else that of the `java` on the PATH, else the oldest
 * in `folder`. Throws with what was found if there is none.
 */
export async function findJava(
  { from, to }: JavaRange,
  environment: NodeJS.ProcessEnv,
  folder = usualFolder,
): Promise<string> {
  const named = environment["JAVA_HOME"];
  const onPath = await Promise.all(
    (environment["PATH"] ?? "")
      .split(delimiter)
      .filter((each) => each !== "")
      .map((each) => realpath(join(each, "java")).then((program) => dirname(dirname(program)), nothing)),
  );
  const installed = await readdir(folder).then((names) => names.map((name) => join(folder, name)), nobody);
  const preferred = await versioned([named, ...onPath]);
  const others = (await versioned(installed)).sort((one, other) => one.major - other.major);
  const all = [...preferred, ...others];
  const fitting = all.find(({ major }) => major >= from && major <= to);
  if (fitting) return fitting.home;
  const wanted = to === Infinity ? `Java ${from} or newer` : `Java ${from} to ${to}`;
  const found = [...new Set(all.map(({ home, major }) => `${major} in ${home}`))].join(", ");
  throw new Error(`find ${wanted}: there is ${found || "none"} (install one, or name it with JAVA_HOME)`);
}

async function versioned(homes: readonly (string | undefined)[]): Promise<{ home: string; major: number }[]> {
  const found = await Promise.all(
    homes.map(async (home) => {
      if (home === undefined || home === "") return [];
      // Every JDK since 9 has this file.
      const release = await readFile(join(home, "release"), "utf8").catch(nothing);
      const [, major] = /^JAVA_VERSION="(\d+)/m.exec(release ?? "") ?? [];
      return major === undefined ? [] : [{ home, major: Number(major) }];
    }),
  );
  return found.flat();
}

function nothing(): undefined {
  return undefined;
}

function nobody(): string[] {
  return [];
}
