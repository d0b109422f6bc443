import {
  CoreV1Api,
  CustomObjectsApi,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
} from "@kubernetes/client-node";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, type TestEstate } from "./estate.ts";
import {
  javaClient,
  kopfAnnotations,
  kopfEvent,
  type Marks,
  operatorConfigMaps,
  operatorDeployment,
  operatorService,
  operatorStatus,
  pythonClient,
  type Whose,
} from "./operator-objects.ts";
import { writeOperatorRows } from "./operator-rows.ts";

export interface Leftover extends Whose, Marks {
  replicas: 0 | 1;
  /** The name of the binding; `{workspace}-{username}` by default. */
  binding?: string;
}

/**
 * Leaves a desktop as the operator does, in its order: the Deployment's name in the binding's status, rows, Deployment,
 * Service, READY, and its events. Before that, the Keycloak extension scales the binding. Waits until its pod is ready, if
 * it has one.
 *
 * @returns the id of the connection
 */
export async function leaveDesktop(estate: TestEstate, leftover: Leftover): Promise<number> {
  const { username, workspace, replicas, binding = `${workspace}-${username}` } = leftover;
  const name = deploymentName({ workspace, username });
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  for (const manifest of operatorConfigMaps)
    await objects.patch(manifest, undefined, undefined, "helm", true, PatchStrategy.ServerSideApply);

  const handled = await scaleBinding(estate, binding, replicas);
  const host = `client-${name}.${namespace}.svc.cluster.local`;
  const { connection, events } = await writeOperatorRows(estate.guacamole, { username, workspace, host });
  for (const manifest of [operatorDeployment(name, leftover), operatorService(name, leftover)])
    await objects.create(manifest, undefined, undefined, pythonClient);
  await setStatus(estate, binding, operatorStatus(name));
  const posted = [
    ...events.map((message) => ["DbUpsert", message] as const),
    ["StateUpdated", "Status updated to READY FROM PROVISIONING"] as const,
    ["Logging", "Handler 'binding_updated' succeeded."] as const,
  ];
  for (const [reason, message] of posted)
    await core.createNamespacedEvent({ namespace, body: kopfEvent(handled, reason, message, new Date()) });

  const reference = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } };
  while (((await objects.read<V1Deployment>(reference)).status?.readyReplicas ?? 0) < replicas)
    await new Promise((resolve) => setImmediate(resolve));
  return connection;
}

const custom = { group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings" };

/** As `patchWorkspaceBindingScale` of lsc-sde/awms-keycloak-extensions (6157ca2) does, and what kopf then notes. */
async function scaleBinding(estate: TestEstate, name: string, replicas: number): Promise<KubernetesObject> {
  const api = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const jsonPatch = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
  const body = [{ op: "replace", path: "/spec/replicas", value: replicas }];
  const scaled = (await api.patchNamespacedCustomObject(
    { ...custom, name, body, fieldManager: javaClient },
    jsonPatch,
  )) as KubernetesObject & { spec: object };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const annotations = kopfAnnotations(scaled.spec);
  const handled: unknown = await api.patchNamespacedCustomObject(
    { ...custom, name, body: { metadata: { annotations } }, fieldManager: "kopf" },
    merge,
  );
  return handled as KubernetesObject;
}

export async function setStatus(estate: TestEstate, name: string, status: object): Promise<void> {
  const api = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await api.patchNamespacedCustomObjectStatus({ ...custom, name, body: { status }, fieldManager: pythonClient }, merge);
}
