import {
  type ApiException,
  createConfiguration,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  setHeaderOptions,
  Watch,
} from "@kubernetes/client-node";
import { type Changes, watchChanges, type WatchedPath } from "./changes.ts";
import { authenticationOf, caOf, faultOf } from "./cluster-faults.ts";
import { takenOver } from "./field-ownership.ts";
import { readKubeConfig } from "./kubeconfig.ts";
import { manager } from "./labels.ts";
import { inPages, withItems } from "./pages.ts";

/** Which object. */
export interface Reference {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
}

/**
 * The Kubernetes API as the product uses it. "Already so" is success: reading what is not there gives null, removing it
 * does nothing. Everything else that fails throws a ProductError with the cluster's own words.
 */
export interface Cluster {
  read<T extends KubernetesObject>(reference: Reference): Promise<T | null>;
  /** All objects of a kind in a namespace, page by page. */
  list<T extends KubernetesObject>(
    kind: Pick<Reference, "apiVersion" | "kind">,
    namespace: string,
    selectors?: { labels?: string; fields?: string },
  ): Promise<T[]>;
  /**
   * The same a page at a time, and as the API server sends it (times are texts): for lists so long that the client's own
   * reading, which takes most of the time and memory, matters.
   */
  pages<T extends KubernetesObject>(
    kind: Pick<Reference, "apiVersion" | "kind">,
    namespace: string,
    selectors?: { labels?: string; fields?: string },
  ): AsyncGenerator<T[]>;
  /** Server-side apply as our field manager; takes over fields that others own. */
  apply<T extends KubernetesObject>(manifest: T): Promise<T>;
  /** Makes our apply the owner of every field that others wrote; false if the object changed since it was read. */
  takeOver(object: KubernetesObject): Promise<boolean>;
  /** Creates an object; false if one of that name is there already. */
  create(manifest: KubernetesObject): Promise<boolean>;
  /** Replaces the version that was read; false if somebody else was quicker. */
  replace(manifest: KubernetesObject): Promise<boolean>;
  /** Merge patch of the spec, and of annotations with it; false if the object is gone. */
  mergeSpec(reference: Reference, spec: object, annotations?: Record<string, string>): Promise<boolean>;
  /** Merge patch of a custom resource's status; false if the object is gone. */
  mergeStatus(reference: Reference & { plural: string }, status: object): Promise<boolean>;
  /** Deletes that very object; what a Deployment owns goes before it. */
  remove(object: KubernetesObject): Promise<void>;
  /** Deletes the version that was read; false if somebody else was quicker. */
  removeUnchanged(object: KubernetesObject): Promise<boolean>;
  /** Notices changes from now on; close it when done. */
  watch(paths: readonly WatchedPath[]): Promise<Changes>;
}

/** Longer than any call takes on a healthy cluster, much shorter than an activity may run. */
const callMilliseconds = 15_000;

/** Connects by a kubeconfig file, or as the pod's service account if there is none. Throws if neither can be used. */
export function connectCluster(kubeconfigFile: string | undefined): Cluster {
  return clusterOf(readKubeConfig(kubeconfigFile));
}

export function clusterOf(config: KubeConfig): Cluster {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new Error("read kubeconfig: it has no current cluster (check the setting KUBECONFIG)");
  const shareConnections = connectionSharing();
  const call = callsTo(caOf(config));
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: authenticationOf(config) },
    promiseMiddleware: [
      {
        pre: (request) => {
          request.setSignal(AbortSignal.timeout(callMilliseconds));
          shareConnections(request);
          return Promise.resolve(request);
        },
        post: (response) => Promise.resolve(response),
      },
    ],
  });
  const objects = new KubernetesObjectApi(configuration);
  const plain = new PlainObjectApi(configuration);
  const custom = new CustomObjectsApi(configuration);

  const cluster: Cluster = {
    read: (reference) => call("read", reference, () => objects.read(reference), { 404: null }),
    async list<T extends KubernetesObject>(
      { apiVersion, kind }: Pick<Reference, "apiVersion" | "kind">,
      namespace: string,
      { labels, fields }: { labels?: string; fields?: string } = {},
    ) {
      const found: T[] = [];
      const read = async (limit: number | undefined, next: string | undefined) => {
        const page = await call("list", { kind, metadata: { namespace } }, async () => {
          const [none, api] = [undefined, objects];
          return withItems(
            await api.list<T>(apiVersion, kind, namespace, none, none, none, fields, labels, limit, next),
          );
        });
        // Lists leave apiVersion and kind out of their items; put back what an object read alone has.
        const items = page.items.map((item) => ({ ...item, apiVersion, kind }));
        return { items, next: page.metadata?._continue };
      };
      for await (const page of inPages(read)) found.push(...page);
      return found;
    },
    pages<T extends KubernetesObject>(
      { apiVersion, kind }: Pick<Reference, "apiVersion" | "kind">,
      namespace: string,
      { labels, fields }: { labels?: string; fields?: string } = {},
    ) {
      return inPages(async (limit, next) => {
        const page = await call("list", { kind, metadata: { namespace } }, async () => {
          const [none, api] = [undefined, plain];
          return withItems(
            await api.list<T>(apiVersion, kind, namespace, none, none, none, fields, labels, limit, next),
          );
        });
        const items = page.items.map((item) => Object.assign(item, { apiVersion, kind }));
        return { items, next: (page.metadata as { continue?: string } | undefined)?.continue };
      });
    },
    apply: (manifest) =>
      call("apply", manifest, () =>
        objects.patch(manifest, undefined, undefined, manager, true, PatchStrategy.ServerSideApply),
      ),
    takeOver: (object) => {
      const { apiVersion, kind, metadata: { name = "", namespace, resourceVersion } = {} } = object;
      const patch = {
        apiVersion,
        kind,
        metadata: { name, namespace, resourceVersion, managedFields: takenOver(object) },
      };
      return call(
        "take over",
        object,
        () =>
          objects
            .patch(patch as Reference, undefined, undefined, manager, undefined, PatchStrategy.MergePatch)
            .then(() => true),
        { 404: false, 409: false },
      );
    },
    create: (manifest) =>
      call("create", manifest, () => objects.create(manifest, undefined, undefined, manager).then(() => true), {
        409: false,
      }),
    replace: (manifest) =>
      call("replace", manifest, () => objects.replace(manifest, undefined, undefined, manager).then(() => true), {
        404: false,
        409: false,
      }),
    mergeSpec: (reference, spec, annotations = {}) =>
      call(
        "patch",
        reference,
        () =>
          objects
            .patch(
              { ...reference, metadata: { ...reference.metadata, annotations }, spec } as Reference,
              undefined,
              undefined,
              manager,
              undefined,
              PatchStrategy.MergePatch,
            )
            .then(() => true),
        { 404: false },
      ),
    mergeStatus: (reference, status) => {
      const [group = "", version = ""] = reference.apiVersion.split("/");
      const { name, namespace } = reference.metadata;
      const target = {
        group,
        version,
        namespace,
        plural: reference.plural,
        name,
        body: { status },
        fieldManager: manager,
      };
      const asMergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
      return call(
        "patch status of",
        reference,
        () => custom.patchNamespacedCustomObjectStatus(target, asMergePatch).then(() => true),
        { 404: false },
      );
    },
    async remove(object) {
      const uid = object.metadata?.uid;
      const propagationPolicy = object.kind === "Deployment" ? "Foreground" : "Background";
      const body = { propagationPolicy, ...(uid === undefined ? {} : { preconditions: { uid } }) };
      await call(
        "delete",
        object,
        () => objects.delete(object, undefined, undefined, undefined, undefined, undefined, body).then(() => undefined),
        { 404: undefined, 409: undefined }, // 409: another object has that name by now, and it is not the one that we meant
      );
    },
    removeUnchanged(object) {
      const { uid = "", resourceVersion = "" } = object.metadata ?? {};
      const body = { preconditions: { uid, resourceVersion } };
      const [none] = [undefined];
      return call("delete", object, () => objects.delete(object, none, none, none, none, none, body).then(() => true), {
        404: false,
        409: false,
      });
    },
    watch: (paths) => watchChanges(new Watch(config), paths),
  };
  return cluster;
}

/** Objects as the API server sends them, without the client's reading of every field into its classes. */
class PlainObjectApi extends KubernetesObjectApi {
  protected override async processResponse<T extends KubernetesObject>(response: ResponseContext): Promise<T> {
    if (response.httpStatusCode < 200 || response.httpStatusCode > 299) return super.processResponse<T>(response);
    return JSON.parse(await response.body.text()) as T;
  }
}

/** How long connections are shared before the client's settings are looked at again: certificates and CAs are renewed. */
const sharedMilliseconds = 5 * 60_000;

/**
 * The client makes a new agent, and so a new TLS connection, for every request (kubernetes-client/javascript, KubeConfig
 * .applySecurityAuthentication). This lets requests share the first one's for some minutes.
 */
function connectionSharing(): (request: RequestContext) => void {
  let shared: { dispatcher: NonNullable<ReturnType<RequestContext["getDispatcher"]>>; until: number } | undefined;
  return (request) => {
    const own = request.getDispatcher();
    if (own === undefined) return;
    const now = performance.now();
    if (!shared || shared.until < now) shared = { dispatcher: own, until: now + sharedMilliseconds };
    else request.setDispatcher(shared.dispatcher);
  };
}

type Named = Pick<KubernetesObject, "kind"> & { metadata?: { name?: string; namespace?: string } };

/** Makes calls, and translates their failures; `already` maps status codes that are as good as success. */
function callsTo(ca: string) {
  return async <T, Otherwise = never>(
    verb: string,
    { kind = "object", metadata }: Named,
    request: () => Promise<T>,
    already: Readonly<Record<number, Otherwise>> = {},
  ): Promise<T | Otherwise> => {
    try {
      return await request();
    } catch (error) {
      const fault = faultOf(`${verb} ${kind} ${metadata?.name ?? ""}`.trim(), error, ca, already);
      if (fault) throw fault;
      return already[(error as ApiException<unknown>).code] as Otherwise;
    }
  };
}
