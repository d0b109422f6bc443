import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];

/** A real PgBouncer; undefined if there is none. */
export const pgBouncer =
  process.env["PGBOUNCER"] ?? folders.map((folder) => join(folder, "pgbouncer")).find((file) => existsSync(file));

export interface PgBouncer {
  /** Of the same user and database as the server's URL. */
  url: string;
  close(): Promise<void>;
}

/** Starts it in transaction mode in front of a server; all clients share one connection to it. */
export async function startPgBouncer(program: string, serverUrl: string): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const folder = await mkdtemp(join(tmpdir(), "pgbouncer-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");

  const [settings, users] = [join(folder, "pgbouncer.ini"), join(folder, "users.txt")];
  await writeFile(users, `"${server.username}" "${server.password}"\n`);
  await writeFile(
    settings,
    `[databases]
guacamole = host=127.0.0.1 port=${server.port} dbname=guacamole
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 1
`,
  );
  await chmod(folder, 0o755);
  // It does not run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(program, [...user, settings], { stdio: ["ignore", "ignore", "pipe"] });
  await untilItListens(child);
  const url = new URL(serverUrl);
  url.port = String(port);
  return {
    url: url.href,
    async close() {
      if (child.exitCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function untilItListens(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new Error(`start pgbouncer: it ended: ${lines.join("\n")}`));
    });
    if (child.stderr)
      createInterface(child.stderr).on("line", (line) => {
        lines.push(line);
        if (line.includes("process up")) resolve();
      });
  });
}
