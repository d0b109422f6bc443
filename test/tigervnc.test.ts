import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { passwordFile, tryPassword } from "./rfb.ts";

const installed = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "Xvnc")));
const words = "a real VNC server (TigerVNC) with a desktop's credential";
const skipped = `${words} (skipped: there is no Xvnc: install tigervnc-standalone-server)`;
if (!installed) console.warn(skipped);

describe.skipIf(!installed)(installed ? words : skipped, () => {
  let estate: TestEstate;
  let folder: string;
  let vnc: ChildProcess | undefined;
  /** What the container gets, and what Guacamole sends. */
  let given: string;
  let sent: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vnc-"));
    estate = await startTestEstate();
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    const name = `client-${deploymentName({ workspace: "asthma-cohort", username: "alice" })}`;
    const secret = await estate.kubeconfig.makeApiClient(CoreV1Api).readNamespacedSecret({ namespace, name });
    given = Buffer.from(secret.data?.["password"] ?? "", "base64").toString();
    const { rows } = await estate.guacamole.query<{ value: string }>(
      "SELECT parameter_value AS value FROM guacamole_connection_parameter WHERE parameter_name = 'password'",
    );
    sent = rows[0]?.value ?? "";
  });
  afterEach(async () => {
    const server = vnc;
    vnc = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill();
    await ended;
  });
  afterAll(async () => {
    await estate.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a server whose password is the container's. Resolves to its port once it listens. */
  async function startVnc(): Promise<number> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, "close");
    const file = join(folder, "password");
    await writeFile(file, passwordFile(given), { mode: 0o600 });
    const options = ["-rfbport", String(port), "-localhost", "-SecurityTypes", "VncAuth", "-PasswordFile", file];
    // It writes the number of a free display to descriptor 3, and tells when it listens on standard error.
    const server = spawn("Xvnc", ["-displayfd", "3", ...options], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    vnc = server;
    const { stderr } = server;
    if (!stderr) throw new Error("Xvnc has no standard error");
    let told = "";
    stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
    const over = once(server, "exit").then(() => Promise.reject(new Error(`Xvnc ended: ${told}`)));
    over.catch(() => undefined);
    while (!told.includes(`port ${port}`)) await Promise.race([once(stderr, "data"), over]);
    return port;
  }

  it("accepts it from Guacamole, and refuses any other", async () => {
    const port = await startVnc();
    expect(sent).toMatch(/^[A-Za-z0-9]{8}$/);
    expect(await tryPassword(port, sent)).toBe("accepted");
    for (const other of ["", "1234", sent.slice(0, 7), sent.slice(1), sent.toLowerCase() + sent.toUpperCase()])
      if (other.slice(0, 8) !== sent) expect(await tryPassword(port, other), other).toMatch(/^Authentication fail/);
  });

  it("looks at the first 8 characters only, which is why a credential has exactly 8", async () => {
    expect(await tryPassword(await startVnc(), `${sent}and more`)).toBe("accepted");
  });

  it("refuses the caller after six wrong tries, even with the right one", async () => {
    const port = await startVnc();
    for (let tries = 0; tries < 6; tries += 1) expect(await tryPassword(port, "wrong")).not.toBe("accepted");
    expect(await tryPassword(port, sent)).toMatch(/^Too many (security|authentication) failures/);
  });
});
