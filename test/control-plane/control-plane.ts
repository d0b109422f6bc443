import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

/** A real Kubernetes control plane on loopback: API server with RBAC, etcd, and the controllers. No scheduler, no kubelet. */
export interface ControlPlane {
  /** As a member of system:masters. */
  admin: KubeConfig;
  url: string;
  /** A kubeconfig for the holder of a token, e.g. a service account's. */
  as(token: string): KubeConfig;
  close(): Promise<void>;
}

/** The folder of kube-apiserver, etcd and kube-controller-manager, by envtest's convention; undefined where it is not set. */
export const assets = process.env["KUBEBUILDER_ASSETS"];

/**
 * Runs a program that is killed when our end of its standard input closes, so also when this process is killed itself, or
 * ends before anybody could close: nothing stays behind. Its data is thrown away.
 */
const untilStandardInputEnds = `exec 3<&0
"$0" "$@" 3<&- &
program=$!
( cat <&3 > /dev/null; kill -9 $program ) 2> /dev/null &
exec 3<&-
wait $program`;

/** Generous: a busy machine starts the API server in ten seconds. */
const startMilliseconds = 60_000;

export async function startControlPlane(folderOfBinaries: string): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), "control-plane-"));
  const inFolder = (name: string) => join(folder, name);
  const running: { name: string; child: ChildProcess; said: () => string }[] = [];

  const launch = (name: string, args: string[]) => {
    const child = spawn("sh", ["-c", untilStandardInputEnds, join(folderOfBinaries, name), ...args], { cwd: folder });
    let said = "";
    const listen = (text: Buffer) => (said = (said + text.toString()).slice(-4_000));
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    running.push({ name, child, said: () => said });
  };
  const close = async () => {
    for (const { child } of running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.stdin?.end();
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const [client, peer, secure] = await Promise.all([freePort(), freePort(), freePort()]);
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const adminToken = randomBytes(16).toString("hex");
    const url = `https://127.0.0.1:${secure}`;
    await Promise.all([
      writeFile(inFolder("sa.key"), privateKey),
      writeFile(inFolder("sa.pub"), publicKey),
      writeFile(inFolder("tokens.csv"), `${adminToken},admin,admin,system:masters\n`),
      writeFile(inFolder("kubeconfig"), JSON.stringify(kubeconfigOf(url, adminToken))),
    ]);

    launch("etcd", [
      `--data-dir=${inFolder("etcd")}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      "--unsafe-no-fsync",
    ]);
    launch("kube-apiserver", [
      `--etcd-servers=http://127.0.0.1:${client}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${secure}`,
      `--cert-dir=${inFolder("certs")}`,
      "--authorization-mode=RBAC",
      `--token-auth-file=${inFolder("tokens.csv")}`,
      "--service-cluster-ip-range=10.0.0.0/24",
      // Kubernetes 1.37 refuses to publish a loopback address as the endpoint of its own service.
      "--endpoint-reconciler-type=none",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${inFolder("sa.pub")}`,
      `--service-account-signing-key-file=${inFolder("sa.key")}`,
    ]);
    const admin = kubeConfig(url, adminToken);
    await untilReady(url, adminToken, running);

    const controllers = await access(join(folderOfBinaries, "kube-controller-manager")).then(
      () => true,
      () => false,
    );
    if (controllers)
      launch("kube-controller-manager", [
        `--kubeconfig=${inFolder("kubeconfig")}`,
        `--service-account-private-key-file=${inFolder("sa.key")}`,
        "--controllers=*",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
      ]);
    return { admin, url, as: (token) => kubeConfig(url, token), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function untilReady(
  url: string,
  token: string,
  running: readonly { name: string; child: ChildProcess; said: () => string }[],
): Promise<void> {
  // The API server's certificate is its own; the client library's settings do not reach this first look.
  const config = kubeConfig(url, token);
  const { CoreV1Api, RbacAuthorizationV1Api } = await import("@kubernetes/client-node");
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const until = Date.now() + startMilliseconds;
  for (;;) {
    const dead = running.find(({ child }) => child.exitCode !== null);
    if (dead) throw new Error(`start ${dead.name}: it ended\n${dead.said()}`);
    try {
      await core.readNamespace({ name: "default" });
      // RBAC's own roles come some seconds after the API; without them, service accounts may not read API discovery.
      await rbac.readClusterRoleBinding({ name: "system:discovery" });
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error("start kube-apiserver: it is not ready after 60 s", { cause: error });
      await pause(200);
    }
  }
}

function kubeconfigOf(server: string, token: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "user" } }],
    "current-context": "test",
  };
}

/** A kubeconfig for the holder of a token at a server on loopback, whose certificate nobody has signed. */
export function kubeConfig(server: string, token: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(kubeconfigOf(server, token)));
  return config;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("find a free port: no address");
  return address.port;
}
