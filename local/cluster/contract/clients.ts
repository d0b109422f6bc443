import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  NetworkingV1Api,
  setHeaderOptions,
  Watch,
  type KubeConfig,
  type PatchStrategy,
  type V1Deployment,
} from "@kubernetes/client-node";

/** What a contract test uses: the usual client, and a separate namespace. */
export interface Clients {
  config: KubeConfig;
  namespace: string;
  core: CoreV1Api;
  apps: AppsV1Api;
  custom: CustomObjectsApi;
  networking: NetworkingV1Api;
  objects: KubernetesObjectApi;
}

export const clientsOf = (config: KubeConfig, namespace: string): Clients => ({
  config,
  namespace,
  core: config.makeApiClient(CoreV1Api),
  apps: config.makeApiClient(AppsV1Api),
  custom: config.makeApiClient(CustomObjectsApi),
  networking: config.makeApiClient(NetworkingV1Api),
  objects: KubernetesObjectApi.makeApiClient(config),
});

type Strategy = (typeof PatchStrategy)[keyof typeof PatchStrategy];

export const as = (strategy: Strategy | "application/json"): ReturnType<typeof setHeaderOptions> =>
  setHeaderOptions("Content-Type", strategy);

export interface Refusal {
  code: number;
  reason: string;
  message: string;
  fields: string[];
}

/** Waits for a call to be refused and returns the Status. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof ApiException))
    throw new Error(`expected a refusal, got ${outcome instanceof Error ? outcome.message : "success"}`);
  const refused = outcome as ApiException<unknown>;
  // The client drops the body of a 401.
  const status = ((typeof refused.body === "string" ? JSON.parse(refused.body) : refused.body) ?? {}) as {
    reason?: string;
    message?: string;
    details?: { causes?: { field?: string }[] };
  };
  const fields = (status.details?.causes ?? []).map((cause) => cause.field ?? "");
  return { code: refused.code, reason: status.reason ?? "", message: status.message ?? "", fields };
}

export interface Seen<T> {
  type: string;
  object: T;
}

/**
 * Watches until an event fits, and returns all events up to it. Throws if the watch ends first.
 *
 * The watch opens some time after the call. To see the effect of a change, such as a deletion, pass the resourceVersion
 * from before the change.
 */
export async function watchUntil<T>(
  { config }: Pick<Clients, "config">,
  path: string,
  query: Record<string, string>,
  fits: (event: Seen<T>, seen: readonly Seen<T>[]) => boolean,
): Promise<Seen<T>[]> {
  const seen: Seen<T>[] = [];
  return new Promise((resolve, reject) => {
    let controller: AbortController | undefined;
    let found = false;
    const onEvent = (type: string, object: T): void => {
      if (found) return;
      seen.push({ type, object });
      if (!fits({ type, object }, seen)) return;
      found = true;
      resolve(seen);
      controller?.abort();
    };
    const onEnd = (error: unknown): void => {
      const types = seen.map((event) => event.type).join(", ");
      if (!found)
        reject(new Error(`watch ${path}: ended after [${types}] ${error instanceof Error ? error.message : ""}`));
    };
    void new Watch(config).watch(path, query, onEvent, onEnd).then((started) => {
      controller = started;
      if (found) controller.abort();
    });
  });
}

/** A small, valid Deployment. */
export const deploymentNamed = (name: string, spec: Partial<V1Deployment["spec"]> = {}): V1Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "desktop", image: "example.org/desktop:1", ports: [{ containerPort: 5900 }] }] },
    },
    ...spec,
  },
});

export const customGroup = { group: "xlscsde.nhs.uk", version: "v1" };

export interface CustomObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; generation?: number; resourceVersion?: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export const bindingNamed = (name: string, spec: Record<string, unknown> = {}): CustomObject => ({
  apiVersion: "xlscsde.nhs.uk/v1",
  kind: "AnalyticsWorkspaceBinding",
  metadata: { name },
  spec: { workspace: "lung-cancer", expires: "2030-12-31", username: "ada", ...spec },
});

export const workspaceNamed = (name: string, spec: Record<string, unknown> = {}): CustomObject => ({
  apiVersion: "xlscsde.nhs.uk/v1",
  kind: "AnalyticsWorkspace",
  metadata: { name },
  spec: {
    displayName: "Lung cancer",
    description: "A project",
    validity: { availableFrom: "2026-01-01", expires: "2030-12-31" },
    jupyterWorkspace: { image: "jupyter/datascience:1" },
    ...spec,
  },
});
