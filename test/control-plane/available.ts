import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";

/** The folder of Kubernetes' programs, by envtest's convention; undefined if it is not set. */
export const assets = process.env["KUBEBUILDER_ASSETS"];

/** API server with its database, and the controllers. envtest downloads the first two only. */
const programs = ["etcd", "kube-apiserver", "kube-controller-manager"];

/** Returns why tests that need these programs cannot run; null if they can. */
function missing(more: readonly string[]): string | null {
  if (assets === undefined) return "KUBEBUILDER_ASSETS is not set (README says how to get the programs)";
  const absent = [...programs, ...more].filter((name) => !existsSync(join(assets, name)));
  return absent.length === 0 ? null : `${assets} has no ${absent.join(", ")} (README says how to get the programs)`;
}

/** Declares tests that need a real control plane. Without its programs they are skipped, and the reason is printed. */
export function describeOnControlPlane(name: string, tests: () => void, more: readonly string[] = []): void {
  const reason = missing(more);
  if (reason !== null) console.warn(`skipped: ${name}: ${reason}`);
  describe.skipIf(reason !== null)(reason === null ? name : `${name} (skipped: ${reason})`, tests);
}
