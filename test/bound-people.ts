import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { ToldOperation } from "../local/main-job.ts";
import { namespace, type TestEstate } from "./estate.ts";

/** Writes a workspace that is open for everybody whom a binding names. */
export async function openWorkspace(estate: TestEstate, workspace: string): Promise<void> {
  await write(estate, "AnalyticsWorkspace", workspace, {
    displayName: workspace,
    description: `the workspace ${workspace}`,
    validity: { availableFrom: "2020-01-01", expires: "2099-12-31" },
    virtualMachineWorkspace: { maxHosts: 100 },
  });
}

/** Binds a person to a workspace. */
export async function bind(estate: TestEstate, username: string, workspace: string): Promise<void> {
  await write(estate, "AnalyticsWorkspaceBinding", `${workspace}-${username}`, {
    workspace,
    username,
    expires: "2099-12-31",
  });
}

/** Asks for a person's desktop as the login flow does; the operation that it became. */
export async function askFor(estate: TestEstate, username: string, workspace: string): Promise<ToldOperation> {
  const { status, body } = await estate.callAsService("PUT", `/users/${username}/desktop`, { workspace });
  if (status >= 400) throw new Error(`ask for ${username} in ${workspace}: ${JSON.stringify(body)}`);
  return body;
}

/** Waits until an operation that the login flow asked for has ended. */
export async function endOf(estate: TestEstate, operation: ToldOperation): Promise<ToldOperation> {
  for (;;) {
    await estate.host.whenIdle();
    const { status, body } = await estate.callAsService("GET", `/operations/${operation.id}`);
    if (status >= 400) throw new Error(`look at an operation: ${JSON.stringify(body)}`);
    if (body.state !== "pending" && body.state !== "running") return body;
  }
}

async function write(estate: TestEstate, kind: string, name: string, spec: object): Promise<void> {
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).patch(
    { apiVersion: "xlscsde.nhs.uk/v1", kind, metadata: { name, namespace }, spec } as KubernetesObject,
    undefined,
    undefined,
    "tests",
    true,
    PatchStrategy.ServerSideApply,
  );
}
