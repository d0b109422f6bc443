import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { binding, configMap, deployment, networkPolicy, service } from "@stand-in/cluster/recorded-answers";
import { customResources } from "../../local/custom-resources.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { installCustomResources } from "./custom-resources.ts";

/** kubectl shows the same on the stand-in as on a real cluster. */
const assets = process.env["KUBEBUILDER_ASSETS"];
const kubectl = join(assets ?? "", "kubectl");
const reason =
  assets !== undefined && existsSync(kubectl) ? "" : " (skipped: KUBEBUILDER_ASSETS names no folder with kubectl)";

/** Run in this order on each cluster. */
const commands: readonly string[] = [
  "api-resources --api-group=xlscsde.nhs.uk",
  "apply -f FILE",
  "apply -f FILE",
  "get awsb",
  "get awsb ada -o wide",
  "get analyticsworkspacebindings.v1.xlscsde.nhs.uk -A",
  "get awsb nobody",
  "get awsb ada -o name",
  "get awsb ada -o jsonpath={.spec.replicas}",
  "get configmap/notes service/front networkpolicy/wall",
  "get deployment desk -o jsonpath={.spec.template.spec.containers[0].image}",
  "describe configmap notes",
  "describe networkpolicy wall",
  "scale awsb ada --replicas=0",
  "get awsb ada -o jsonpath={.spec.replicas}",
  "scale awsb ada --replicas=-1",
  "scale deployment desk --replicas=2",
  'patch awsb ada --type=merge -p {"spec":{"replicas":-1}}',
  'patch awsb ada --type=merge -p {"spec":null}',
  'patch awsb ada -p {"spec":{"replicas":1}}',
  "label awsb ada a=b",
  "annotate deployment desk a=b",
  "apply --server-side -f FILE",
  "get nothings",
  "delete awsb ada",
  "delete awsb ada",
  "delete -f FILE --ignore-not-found",
];

describe.skipIf(reason !== "")(`kubectl${reason}`, () => {
  let folder: string;
  let standIn: LocalCluster;
  let plane: ControlPlane;
  const said = new Map<string, string[]>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubectl-"));
    [standIn, plane] = await Promise.all([
      startLocalCluster({ customResources, store: ":memory:" }),
      startControlPlane(assets ?? ""),
    ]);
    await installCustomResources(plane);
    const objects = [binding, configMap, networkPolicy, service, deployment].map((each) => JSON.stringify(each));
    await writeFile(join(folder, "objects.yaml"), objects.join("\n---\n"));
    await writeFile(join(folder, "stand-in"), standIn.kubeconfig);
    await writeFile(join(folder, "real"), plane.admin.exportConfig());
    for (const name of ["stand-in", "real"]) {
      const lines: string[] = [];
      for (const command of commands) lines.push(await run(name, command));
      said.set(name, lines);
    }
  });
  afterAll(async () => {
    await Promise.all([standIn.close(), plane.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  function run(name: string, command: string): Promise<string> {
    const config = [
      `--kubeconfig=${join(folder, name)}`,
      `--cache-dir=${join(folder, `${name}-cache`)}`,
      "--namespace=default",
    ];
    const args = command.split(" ").map((word) => (word === "FILE" ? join(folder, "objects.yaml") : word));
    return new Promise((resolve) => {
      execFile(kubectl, [...args, ...config], (error, out, complaint) => {
        const text = `${out}${complaint}exit ${error?.code ?? 0}`;
        resolve(
          text
            .replaceAll(folder, "")
            .replace(/\b\d+s\b/g, "0s")
            .replace(/^(Created on|CreationTimestamp): .*$/gm, "$1:"),
        );
      });
    });
  }

  it.each(commands.map((command, i) => [command, i] as const))("prints the same on both clusters: %s", (_, i) => {
    expect(said.get("stand-in")?.[i]).toEqual(said.get("real")?.[i]);
  });
});
