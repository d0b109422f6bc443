import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { FunctionsHost } from "@stand-in/functions-host";
import type { ToldOperation } from "../local/main-job.ts";
import type { PolicyTexts } from "../shared/desktop/policy.ts";
import { namespace, type TestEstate } from "./estate.ts";

const custom = { apiVersion: "xlscsde.nhs.uk/v1" };

/** Writes a workspace that is open to everybody who has a binding, optionally with the policy of this name. */
export async function openWorkspace(estate: TestEstate, workspace: string, policy?: string): Promise<void> {
  const spec = {
    displayName: workspace,
    description: `the workspace ${workspace}`,
    validity: { availableFrom: "2020-01-01", expires: "2099-12-31" },
    virtualMachineWorkspace: { maxHosts: 100 },
  };
  const annotations = policy === undefined ? {} : { "xlscsde.nhs.uk/desktop-policy": policy };
  const metadata = { name: workspace, namespace, annotations };
  const manifest = { ...custom, kind: "AnalyticsWorkspace", metadata, spec };
  await write(estate, manifest);
}

/** Writes a policy with exactly these fields, which workspaces can name. */
export async function writePolicy(estate: TestEstate, name: string, data: PolicyTexts): Promise<void> {
  const labels = { "xlscsde.nhs.uk/purpose": "desktop-policy" };
  const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
  await write(estate, manifest);
}

/** Binds a person to a workspace. */
export async function bind(estate: TestEstate, username: string, workspace: string): Promise<void> {
  const metadata = { name: `${workspace}-${username}`, namespace };
  const spec = { workspace, username, expires: "2099-12-31" };
  const manifest = { ...custom, kind: "AnalyticsWorkspaceBinding", metadata, spec };
  await write(estate, manifest);
}

/** Ends what `bind` wrote. */
export async function unbind(estate: TestEstate, username: string, workspace: string): Promise<void> {
  const metadata = { name: `${workspace}-${username}`, namespace };
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await objects.delete({ ...custom, kind: "AnalyticsWorkspaceBinding", metadata });
}

/** Asks for a person's desktop as the login flow does. Returns the operation. */
export async function askFor(
  estate: TestEstate,
  username: string,
  workspace: string,
  at?: FunctionsHost,
): Promise<ToldOperation> {
  const { status, body } = await estate.callAsService("PUT", `/users/${username}/desktop`, { workspace }, at);
  if (status >= 400) throw new Error(`ask for ${username} in ${workspace}: ${JSON.stringify(body)}`);
  return body;
}

/** Waits until an operation that the login flow asked for has ended. */
export async function endOf(estate: TestEstate, operation: ToldOperation): Promise<ToldOperation> {
  for (;;) {
    await estate.host.whenIdle();
    const { status, body } = await estate.callAsService("GET", `/operations/${operation.id}`);
    if (status >= 400) throw new Error(`read operation: ${JSON.stringify(body)}`);
    if (body.trouble || (body.state !== "pending" && body.state !== "running")) return body;
  }
}

async function write(estate: TestEstate, manifest: KubernetesObject): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await objects.patch(manifest, undefined, undefined, "tests", true, PatchStrategy.ServerSideApply);
}
