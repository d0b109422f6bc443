import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type KubernetesObject, loadAllYaml } from "@kubernetes/client-node";
import { assets } from "./available.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs the kubectl of KUBEBUILDER_ASSETS in the repository and returns what it prints.
 *
 * @param input given as its standard input
 * @throws with what it says on standard error, if it ends with another code than 0
 */
export async function runKubectl(args: readonly string[], input = ""): Promise<string> {
  const ended = run(join(assets ?? "", "kubectl"), args, { cwd: repository, maxBuffer: 64 << 20 });
  ended.child.stdin?.end(input);
  return (await ended).stdout;
}

/** A folder under infra/kubernetes as kustomize renders it, in the order in which it is applied. */
export async function render(folder: string): Promise<KubernetesObject[]> {
  return loadAllYaml(await runKubectl(["kustomize", `infra/kubernetes/${folder}`])) as KubernetesObject[];
}

/** What an object is, in a line: `Role desktops/guacamole-workspaces-desktops`. */
export function called({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata?.name}`;
}
