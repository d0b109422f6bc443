import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterThisProcess } from "../after-this-process.ts";
import { type ProcessGroup, startGroup } from "../process-group.ts";
import type { Distribution } from "./distribution.ts";

/** A real Keycloak in development mode, on loopback. Everything that it writes is in a copy of its distribution. */
export interface RealKeycloak {
  readonly distribution: Distribution;
  /** For example http://127.0.0.1:8081. It stays the same when Keycloak is stopped and started again. */
  readonly url: string;
  /** An administrator of the realm `master`. */
  readonly administrator: { username: string; password: string };
  /** The last part of what it printed. */
  output(): string;
  /** Stops it as an operator would. Its database stays. */
  stop(): Promise<void>;
  /** Starts it again after `stop`. */
  start(): Promise<void>;
  /** Stops it, and deletes the copy unless it is to be kept. */
  close(): Promise<void>;
}

/** The first start also builds Keycloak for its providers: a minute, and several on a busy machine. */
const startMilliseconds = 600_000;
/** What neither a build nor a run changes, and most of the distribution's size. */
const readOnlyFolders = ["lib/app", "lib/lib"];

/**
 * Starts Keycloak and waits until it answers.
 *
 * @param options.realms realms to import, by name; one that exists already stays as it is
 * @param options.jars more providers
 * @param options.stop ends the wait for its first answer
 * @param options.kept where the copy stays for later starts, and the password of its administrator
 */
export async function startKeycloak(
  distribution: Distribution,
  options: {
    realms?: Readonly<Record<string, object>>;
    jars?: readonly string[];
    port?: number;
    stop?: AbortSignal;
    kept?: { folder: string; password: string };
  } = {},
): Promise<RealKeycloak> {
  const { kept } = options;
  const folder = kept?.folder ?? (await mkdtemp(join(tmpdir(), "keycloak-")));
  // Processes that were just killed may still be writing.
  const forgetFolder = kept ? () => undefined : afterThisProcess('sleep 2; rm -rf "$0"', folder);
  let group: ProcessGroup | undefined;
  const stop = async () => {
    await group?.end("SIGTERM");
    group = undefined;
  };
  const close = async () => {
    await stop();
    if (!kept) await rm(folder, { recursive: true, force: true });
    forgetFolder();
  };
  try {
    if (kept) await keepCopy(distribution.home, folder);
    else await copyDistribution(distribution.home, folder);
    for (const jar of options.jars ?? [])
      await cp(jar, join(folder, "providers", basename(jar)), { preserveTimestamps: true });
    const imports = join(folder, "data/import"); // does not exist in a fresh distribution
    await mkdir(imports, { recursive: true });
    for (const [name, realm] of Object.entries(options.realms ?? {}))
      await writeFile(join(imports, `${name}-realm.json`), JSON.stringify(realm));

    const port = options.port ?? (await freePort());
    const managementPort = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const administrator = { username: "admin", password: kept?.password ?? randomBytes(16).toString("hex") };
    const start = async () => {
      group = startGroup(
        [
          join(folder, "bin/kc.sh"),
          "start-dev",
          "--import-realm",
          "--http-host=127.0.0.1",
          `--http-port=${port}`,
          `--http-management-port=${managementPort}`,
          // The issuer, also of tokens that keycloak-events signs outside of a request.
          `--hostname=${url}`,
        ],
        { cwd: folder, env: environmentOf(distribution, administrator) },
      );
      await untilAnswering(url, group, options.stop);
    };
    await start();
    return { distribution, url, administrator, output: () => group?.output() ?? "", stop, start, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Makes the copy if it does not exist yet; one that is killed halfway leaves none. The jars are always those of the
 * distribution. They keep their time, by which Keycloak notices that it has to build anew.
 */
async function keepCopy(home: string, folder: string): Promise<void> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const draft = `${folder}.draft`;
    await rm(draft, { recursive: true, force: true });
    await copyDistribution(home, draft);
    await rename(draft, folder);
  }
  const jars = join(folder, "providers");
  await rm(jars, { recursive: true, force: true });
  await cp(join(home, "providers"), jars, { recursive: true, preserveTimestamps: true });
}

/** Copies what Keycloak's build changes, and links the rest. */
async function copyDistribution(home: string, folder: string): Promise<void> {
  const linked = readOnlyFolders.map((each) => join(home, each));
  await cp(home, folder, { recursive: true, filter: (source) => !linked.includes(source) });
  for (const each of readOnlyFolders) await symlink(join(home, each), join(folder, each));
}

/** Nothing of ours but the PATH: a KC_ variable would change the server. */
function environmentOf(
  { javaHome, major }: Distribution,
  { username, password }: RealKeycloak["administrator"],
): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    JAVA_HOME: javaHome,
    // For a short life, the best compiler costs more than it saves: half of the CPU time of a start.
    JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1",
    ...(major < 26
      ? { KEYCLOAK_ADMIN: username, KEYCLOAK_ADMIN_PASSWORD: password }
      : { KC_BOOTSTRAP_ADMIN_USERNAME: username, KC_BOOTSTRAP_ADMIN_PASSWORD: password }),
  };
}

/** It begins to listen when its realms are imported. */
async function untilAnswering(url: string, group: ProcessGroup, stop?: AbortSignal): Promise<void> {
  const until = Date.now() + startMilliseconds;
  for (;;) {
    stop?.throwIfAborted();
    if (group.ending() !== undefined)
      throw new Error(`start Keycloak: ${String(group.ending())} (its last words follow)\n${lastWords(group)}`);
    const response = await fetch(`${url}/realms/master`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > until) throw new Error(`start Keycloak: it does not answer at ${url}\n${lastWords(group)}`);
    await pause(200);
  }
}

function lastWords(group: ProcessGroup): string {
  return group.output().slice(-4_000);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
