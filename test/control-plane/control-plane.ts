import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { type Programs, programsIn } from "./programs.ts";

/** A real Kubernetes control plane on loopback: API server with RBAC, etcd, and the controllers. No scheduler, no kubelet. */
export interface ControlPlane {
  /** As a member of system:masters. */
  admin: KubeConfig;
  /** The same as a file, for other programs. */
  kubeconfigFile: string;
  /** Starts more programs, which end with the control plane. */
  programs: Pick<Programs, "start" | "expectAlive">;
  /** Returns a kubeconfig for a token, e.g. a service account's. */
  as(token: string): KubeConfig;
  close(): Promise<void>;
}

/** Generous: a busy machine starts the API server in ten seconds. */
const startMilliseconds = 60_000;

/**
 * @param heartbeats true if nodes send heartbeats; if false, the controller that gives up silent nodes is turned off
 */
export async function startControlPlane(
  folderOfBinaries: string,
  { heartbeats = false }: { heartbeats?: boolean } = {},
): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), "control-plane-"));
  const inFolder = (name: string) => join(folder, name);
  const programs = programsIn(folderOfBinaries, folder);
  const close = async () => {
    await programs.stop();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const [client, peer, secure] = await Promise.all([freePort(), freePort(), freePort()]);
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const kubeconfigFile = inFolder("kubeconfig");
    const adminToken = randomBytes(16).toString("hex");
    const url = `https://127.0.0.1:${secure}`;
    await Promise.all([
      writeFile(inFolder("sa.key"), privateKey),
      writeFile(inFolder("sa.pub"), publicKey),
      writeFile(inFolder("tokens.csv"), `${adminToken},admin,admin,system:masters\n`),
      writeFile(kubeconfigFile, JSON.stringify(kubeconfigOf(url, adminToken))),
    ]);

    programs.start("etcd", [
      `--data-dir=${inFolder("etcd")}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      "--unsafe-no-fsync",
    ]);
    programs.start("kube-apiserver", [
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
      // As every distribution has it: a node agent is privileged.
      "--allow-privileged=true",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${inFolder("sa.pub")}`,
      `--service-account-signing-key-file=${inFolder("sa.key")}`,
    ]);
    const admin = kubeConfig(url, adminToken);
    await untilReady(admin, programs);

    programs.start("kube-controller-manager", [
      `--kubeconfig=${kubeconfigFile}`,
      `--service-account-private-key-file=${inFolder("sa.key")}`,
      `--controllers=*${heartbeats ? "" : ",-node-lifecycle-controller"}`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      "--secure-port=0",
    ]);
    return { admin, kubeconfigFile, programs, as: (token) => kubeConfig(url, token), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function untilReady(config: KubeConfig, programs: Programs): Promise<void> {
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const until = Date.now() + startMilliseconds;
  for (;;) {
    programs.expectAlive();
    try {
      await core.readNamespace({ name: "default" });
      // RBAC's default roles appear some seconds after the API; without them, service accounts may not read API
      // discovery.
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

/** Returns a kubeconfig for a token at a server on loopback with a self-signed certificate. */
function kubeConfig(server: string, token: string): KubeConfig {
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
