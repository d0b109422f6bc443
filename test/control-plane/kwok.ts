import { fileURLToPath } from "node:url";
import { CoreV1Api, type V1Node } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { ControlPlane } from "./control-plane.ts";

/** The programs that simulate the cluster's nodes, in addition to the control plane. */
export const nodePrograms = ["kube-scheduler", "kwok"];

const stages = fileURLToPath(new URL("kwok-stages.yaml", import.meta.url));
const node: V1Node = {
  metadata: { name: "node-1", labels: { "kubernetes.io/os": "linux" } },
  // More than all desktops of a test request.
  status: {
    allocatable: { cpu: "10000", memory: "100Ti", "ephemeral-storage": "100Ti", pods: "1000" },
    capacity: { cpu: "10000", memory: "100Ti", "ephemeral-storage": "100Ti", pods: "1000" },
  },
};

/**
 * Adds a node to a control plane, with a real scheduler for it and kwok as its kubelet, and waits until it accepts
 * pods.
 */
export async function startNode({ admin, kubeconfigFile, programs }: ControlPlane): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  await core.createNode({ body: node });
  programs.start("kube-scheduler", [
    `--kubeconfig=${kubeconfigFile}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--secure-port=0",
  ]);
  programs.start("kwok", [
    `--kubeconfig=${kubeconfigFile}`,
    `--config=${stages}`,
    "--manage-all-nodes",
    "--node-lease-duration-seconds=40",
    "--cidr=10.1.0.0/16",
    "--node-ip=192.0.2.1",
  ]);
  const taints = async () => {
    programs.expectAlive();
    return (await core.readNode({ name: "node-1" })).spec?.taints ?? [];
  };
  await vi.waitFor(
    async () => {
      const [taint] = await taints();
      if (taint) throw new Error(`start a node: it accepts no pods: ${taint.key}`);
    },
    { timeout: 60_000, interval: 200 },
  );
}
