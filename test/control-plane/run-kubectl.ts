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

/**
 * A folder as kustomize renders it, in the order in which it is applied.
 *
 * @param folder its path in the repository
 * @param variables replaces `${name}`, and `${name:=usual}`, as Flux does after that (postBuild.substitute)
 */
export async function render(
  folder: string,
  variables?: Readonly<Record<string, string>>,
): Promise<KubernetesObject[]> {
  const text = await runKubectl(["kustomize", folder]);
  return loadAllYaml(variables ? substituted(text, variables) : text) as KubernetesObject[];
}

function substituted(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::=([^}]*))?\}/g, (_, name: string, usual?: string) => {
    const value = variables[name] ?? usual;
    if (value === undefined) throw new Error(`substitute ${name}: nobody gives it a value`);
    return value;
  });
}

/** What an object is, in a line: `Role desktops/guacamole-workspaces-desktops`. */
export function called({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata?.name}`;
}
