import { spawn, type ChildProcess } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { LocalDatabaseError } from "./error.ts";

/** How to run PostgreSQL's programs: as whom, and, for root in a closed folder, behind which command. */
export interface RunAs {
  readonly user?: { readonly uid: number; readonly gid: number; readonly name: string };
  readonly prefix: readonly string[];
}

// Ours would be PostgreSQL's settings too (PGDATA, PGPORT, PGHOST …). LC_ALL: on macOS the server refuses to start without a locale.
const environment = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };

/**
 * Starts one of PostgreSQL's programs, away from the terminal's process group: Ctrl-C would otherwise stop the server before the
 * application that uses it has finished.
 */
export function spawnAs(runAs: RunAs, program: string, args: readonly string[]): ChildProcess {
  const words = [...runAs.prefix, program, ...args];
  return spawn(words[0] ?? program, words.slice(1), {
    cwd: "/", // the caller's may be closed to that user
    env: environment,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    // setpriv changes the user by itself; it needs to be root until then
    ...(runAs.prefix.length === 0 && runAs.user && { uid: runAs.user.uid, gid: runAs.user.gid }),
  });
}

/** Runs a program to its end. `input` goes to its stdin; `output` is what it wrote, both streams in the order they came. */
export function runAsUser(
  runAs: RunAs,
  program: string,
  args: readonly string[],
  input = "",
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawnAs(runAs, program, args);
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdin?.on("error", () => undefined); // it ended without reading; its exit code tells the story
    child.stdin?.end(input);
    child.on("error", reject);
    child.on("close", (exitCode) => {
      resolve({ exitCode, output });
    });
  });
}

/**
 * Chooses the user. An ordinary user runs the server himself. PostgreSQL refuses to run as root, so root runs it as whoever owns the
 * data, or, if there is none yet, as postgres or nobody; no user is added to the machine.
 * Throws `not-permitted` if that user cannot reach `paths`.
 */
export async function chooseUser(dataDirectory: string, paths: readonly string[]): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const user = (await ownerOf(dataDirectory)) ?? (await unprivilegedUser());
  for (const prefix of [[], ...openingPrefixes(user)]) {
    const runAs: RunAs = { user, prefix };
    if (await canReach(runAs, paths)) return runAs;
  }
  throw new LocalDatabaseError(
    "not-permitted",
    `PostgreSQL cannot run as root, and user ${user.name} cannot reach ${paths.join(" and ")} ` +
      "(move the project to where other users may enter, or start it as an ordinary user)",
  );
}

/**
 * Containers often keep the project under /root, which no other user may enter. Linux can let the server pass all the same, with one
 * capability: the one for reading where root has it to give, else (as in Docker) the wider one.
 */
function openingPrefixes({ uid, gid }: { uid: number; gid: number }): string[][] {
  if (process.platform !== "linux") return [];
  return ["dac_read_search", "dac_override"].map((capability) => [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    "--",
  ]);
}

async function canReach(runAs: RunAs, paths: readonly string[]): Promise<boolean> {
  const looks = paths.map((path) => runAsUser(runAs, "/bin/sh", ["-c", 'test -x "$1"', "sh", path]));
  const results = await Promise.allSettled(looks);
  return results.every((result) => result.status === "fulfilled" && result.value.exitCode === 0);
}

async function ownerOf(directory: string): Promise<RunAs["user"]> {
  try {
    const { uid, gid } = await stat(directory);
    return uid === 0 ? undefined : { uid, gid, name: String(uid) };
  } catch {
    return undefined; // no data yet
  }
}

async function unprivilegedUser(): Promise<NonNullable<RunAs["user"]>> {
  const rows = (await readFile("/etc/passwd", "utf8")).split("\n").map((row) => row.split(":"));
  for (const wanted of ["postgres", "_postgres", "nobody"]) {
    const [name, , uid, gid] = rows.find(([each]) => each === wanted) ?? [];
    if (name !== undefined && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid), name };
  }
  throw new LocalDatabaseError(
    "not-permitted",
    "PostgreSQL cannot run as root, and there is no user postgres or nobody (start as an ordinary user)",
  );
}
