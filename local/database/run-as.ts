import { spawn, type ChildProcess } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { LocalDatabaseError } from "./error.ts";

/** How to run PostgreSQL's programs: as which user and, for root in a closed folder, with which command as a prefix. */
export interface RunAs {
  readonly user?: { readonly uid: number; readonly gid: number; readonly name: string };
  readonly prefix: readonly string[];
}

// Not our environment: PGDATA, PGPORT, PGHOST etc. are PostgreSQL settings. LC_ALL: on macOS the server needs a locale
// to start.
const environment = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };

/**
 * Starts one of PostgreSQL's programs outside the terminal's process group: Ctrl-C would otherwise stop the server
 * before the application that uses it has finished.
 */
export function spawnAs(runAs: RunAs, program: string, args: readonly string[]): ChildProcess {
  const words = [...runAs.prefix, program, ...args];
  return spawn(words[0] ?? program, words.slice(1), {
    cwd: "/", // that user may have no access to the caller's
    env: environment,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    // setpriv changes the user itself, and must be root until then
    ...(runAs.prefix.length === 0 && runAs.user && { uid: runAs.user.uid, gid: runAs.user.gid }),
  });
}

/**
 * Runs a program to its end. `input` goes to its stdin; `output` is stdout and stderr combined, in order of arrival.
 */
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
    child.stdin?.on("error", () => undefined); // it ended without reading; its exit code shows why
    child.stdin?.end(input);
    child.on("error", reject);
    child.on("close", (exitCode) => {
      resolve({ exitCode, output });
    });
  });
}

/**
 * Chooses the user. An ordinary user runs the server as themselves. PostgreSQL refuses to run as root, so root runs it
 * as the data's owner or, if there is no data yet, as postgres or nobody; no user is added to the machine. Throws
 * `not-permitted` if that user cannot reach `paths`.
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
      "(move the project to a folder that other users may enter, or start it as an ordinary user)",
  );
}

/**
 * Containers often have the project in /root, which no other user may enter. On Linux one capability lets the server in
 * all the same: the one for reading if root may pass it on, else (as in Docker) the wider one.
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
