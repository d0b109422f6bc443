import {
  ApisApi,
  createConfiguration,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  OpenidApi,
  PatchStrategy,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  setHeaderOptions,
  Watch,
} from "@kubernetes/client-node";
import { type Changes, watchChanges, type WatchedPath } from "./changes.ts";
import { type ChangesSince, changesSince } from "./changes-since.ts";
import { adviceFor } from "./advice.ts";
import { authenticationOf } from "./cluster-faults.ts";
import { type Follower, followKind, type Following } from "./followed-kind.ts";
import { takenOver } from "./field-ownership.ts";
import { type ClusterLogin, kubeConfigFor } from "./cluster-login.ts";
import { connectionSharing } from "./connection-sharing.ts";
import { callsTo } from "./guarded-calls.ts";
import { plainHttp } from "./http-calls.ts";
import { manager } from "./labels.ts";
import { inPages, type Page, withItems } from "./pages.ts";

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
  /** Only the object's metadata: what is in a Secret stays where it is. */
  readMetadata(reference: Reference): Promise<KubernetesObject | null>;
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
  /**
   * One page of such a list, which begins where the previous one ended; null if the API server no longer knows that place
   * (410: etcd was compacted, or 400: it is none).
   */
  page<T extends KubernetesObject>(
    kind: Pick<Reference, "apiVersion" | "kind">,
    namespace: string,
    which: { labels?: string; limit: number; from?: string | undefined },
  ): Promise<Page<T> | null>;
  /** Throws unless the API server answers a list of that kind. It is asked for one object, however many there are. */
  checkList(kind: Pick<Reference, "apiVersion" | "kind">, namespace: string): Promise<void>;
  /** Server-side apply as our field manager; takes over fields that others own. */
  apply<T extends KubernetesObject>(manifest: T): Promise<T>;
  /** Makes our apply the owner of every field that others wrote; false if the object changed since it was read. */
  takeOver(object: KubernetesObject): Promise<boolean>;
  /** Creates an object, and returns it as it is then; null if one of that name is there already. */
  create<T extends KubernetesObject>(manifest: T): Promise<T | null>;
  /** Has the API server check the creation of an object, as it is admitted, without keeping it: a dry run. Throws what it refuses with. */
  wouldCreate(manifest: KubernetesObject): Promise<void>;
  /** Asks a question that is put as an object: returns it with the answer as its status. Nothing is kept. */
  review<T extends KubernetesObject>(question: T): Promise<T>;
  /** The versions of a group that are served, and what is served in `v1`; null if there is no such group. */
  served(group: string): Promise<{ versions: string[]; resources: string[] } | null>;
  /** Replaces the version that was read, and returns the new one; null if somebody else was quicker. */
  replace<T extends KubernetesObject>(manifest: T): Promise<T | null>;
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
  /** Follows the changes of a kind from now on, without a list of what is there. */
  follow(
    kind: Pick<Reference, "apiVersion" | "kind">,
    namespace: string,
    watched: WatchedPath,
    follower: Follower,
  ): Following;
  /** The version of a kind's objects now: what is told of later ones is news. Costs the same in an estate of any size. */
  versionOf(kind: Pick<Reference, "apiVersion" | "kind">, namespace: string): Promise<string>;
  /** What changed below a path since a version; null if the API server no longer knows that one. Waits for nothing new. */
  changesSince(watched: WatchedPath, version: string): Promise<ChangesSince | null>;
  /** The keys with which the API server signs tokens of service accounts, as a JWK set (`/openid/v1/jwks`). */
  issuerKeys(): Promise<unknown>;
  /** Host of the API server's address. */
  host: string;
}

/** kubernetes.io/docs/reference/using-api/api-concepts, "Metadata-only fetches". */
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** Longer than any call takes on a healthy cluster, much shorter than an activity may run. */
const callMilliseconds = 15_000;

/** Throws if the kubeconfig file or the pod's service account cannot be used. */
export function connectCluster(login: ClusterLogin): Cluster {
  return clusterOf(kubeConfigFor(login));
}

export function clusterOf(config: KubeConfig): Cluster {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new Error("read kubeconfig: it has no current cluster (check the setting KUBECONFIG)");
  const shareConnections = connectionSharing();
  const advice = adviceFor(config);
  const call = callsTo(advice);
  const configurationWith = (change: (request: RequestContext) => void) =>
    createConfiguration({
      baseServer: new ServerConfiguration(server, {}),
      authMethods: { default: authenticationOf(config) },
      httpApi: plainHttp(callMilliseconds),
      promiseMiddleware: [
        {
          pre: (request) => {
            shareConnections(request);
            change(request);
            return Promise.resolve(request);
          },
          post: (response) => Promise.resolve(response),
        },
      ],
    });
  const configuration = configurationWith(() => undefined);
  const metadata = new KubernetesObjectApi(
    configurationWith((request) => {
      // Discovery asks for lists of APIs, which have no metadata alone.
      if (request.getUrl().includes("/namespaces/")) request.setHeaderParam("Accept", metadataOnly);
    }),
  );
  const objects = new KubernetesObjectApi(configuration);
  const plain = new PlainObjectApi(configuration);
  const custom = new CustomObjectsApi(configuration);
  const openId = new OpenidApi(configuration);
  const apis = new ApisApi(configuration);

  const cluster: Cluster = {
    host: new URL(server).hostname,
    read: (reference) => call("read", reference, () => objects.read(reference), { 404: null }),
    readMetadata: (reference) => call("read metadata of", reference, () => metadata.read(reference), { 404: null }),
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
        return plainPage(page, { apiVersion, kind });
      });
    },
    async page<T extends KubernetesObject>(
      { apiVersion, kind }: Pick<Reference, "apiVersion" | "kind">,
      namespace: string,
      { labels, limit, from }: { labels?: string; limit: number; from?: string | undefined },
    ) {
      const [none, api] = [undefined, plain];
      const page = await call(
        "list",
        { kind, metadata: { namespace } },
        async () =>
          withItems(await api.list<T>(apiVersion, kind, namespace, none, none, none, none, labels, limit, from)),
        from === undefined ? {} : { 400: null, 410: null },
      );
      return page && plainPage(page, { apiVersion, kind });
    },
    async checkList({ apiVersion, kind }, namespace) {
      const [none, one] = [undefined, 1];
      await call("list", { kind, metadata: { namespace } }, async () =>
        withItems(await plain.list(apiVersion, kind, namespace, none, none, none, none, none, one)),
      );
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
      call("create", manifest, () => objects.create(manifest, undefined, undefined, manager), { 409: null }),
    async wouldCreate(manifest) {
      await call("try to create", manifest, () => objects.create(manifest, undefined, "All", manager));
    },
    review: (question) => call("ask for", question, () => objects.create(question)),
    async served(name) {
      const { groups } = await call("list", { kind: "APIGroup" }, () => apis.getAPIVersions());
      const group = groups.find((each) => each.name === name);
      if (!group) return null;
      const versions = group.versions.map(({ version }) => version);
      if (!versions.includes("v1")) return { versions, resources: [] };
      const { resources } = await call("list", { kind: "APIResource" }, () =>
        custom.getAPIResources({ group: name, version: "v1" }),
      );
      return { versions, resources: resources.map((each) => each.name) };
    },
    replace: (manifest) =>
      call("replace", manifest, () => objects.replace(manifest, undefined, undefined, manager), {
        404: null,
        409: null,
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
    watch: (paths) => watchChanges(new Watch(config), paths, advice),
    follow: (kind, namespace, watched, follower) =>
      followKind(new Watch(config), watched, () => cluster.versionOf(kind, namespace), follower, advice),
    async versionOf({ apiVersion, kind }, namespace) {
      const [none, one] = [undefined, 1];
      const page = await call("list", { kind, metadata: { namespace } }, async () =>
        withItems(await plain.list(apiVersion, kind, namespace, none, none, none, none, none, one)),
      );
      return page.metadata?.resourceVersion ?? "0";
    },
    changesSince: (watched, version) => changesSince(new Watch(config), watched, version, advice),
    issuerKeys: () =>
      // The client calls it a text, and gives the object.
      call("read", { kind: "keys of service accounts" }, () => openId.getServiceAccountIssuerOpenIDKeyset()),
  };
  return cluster;
}

/** Lists leave apiVersion and kind out of their items; and the client would call what follows `_continue`. */
function plainPage<T extends KubernetesObject>(
  { items, metadata }: { items: T[]; metadata?: object },
  kind: Pick<Reference, "apiVersion" | "kind">,
): Page<T> {
  return {
    items: items.map((item) => Object.assign(item, kind)),
    next: (metadata as { continue?: string } | undefined)?.continue,
  };
}

/** Objects as the API server sends them, without the client's reading of every field into its classes. */
class PlainObjectApi extends KubernetesObjectApi {
  protected override async processResponse<T extends KubernetesObject>(response: ResponseContext): Promise<T> {
    if (response.httpStatusCode < 200 || response.httpStatusCode > 299) return super.processResponse<T>(response);
    return JSON.parse(await response.body.text()) as T;
  }
}
