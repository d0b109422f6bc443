import { type KubernetesObject, KubernetesObjectApi, PatchStrategy, type V1ConfigMap } from "@kubernetes/client-node";
import { personId } from "../shared/desktop/names.ts";
import type { PersonRecord } from "../shared/person/record.ts";
import { namespace, type TestEstate } from "./estate.ts";

const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
const seenAnnotation = "xlscsde.nhs.uk/replicas-seen";

type BindingObject = KubernetesObject & {
  spec?: { replicas?: number };
  status?: { statusText?: string };
};

/** Bindings and person records as tests about scaling look at them. */
export function scaledWorld(estate: TestEstate) {
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const readBinding = (name: string) => objects.read<BindingObject>({ ...kind, metadata: { name, namespace } });

  return {
    /** Changes a binding as somebody with kubectl does. */
    async edit(name: string, spec: object, metadata: object = {}): Promise<void> {
      const binding = { ...kind, metadata: { name, namespace, ...metadata }, spec };
      await objects.patch(binding, undefined, undefined, "kubectl", undefined, PatchStrategy.MergePatch);
    },
    /** Writes a binding, labelled as the platform's are. */
    async bind(name: string, username: string, workspace: string, more: object = {}): Promise<void> {
      const spec = { workspace, username, expires: "2099-12-31", ...more };
      const metadata = { name, namespace, labels: { "xlscsde.nhs.uk/username": username } };
      await objects.create({ ...kind, metadata, spec } as KubernetesObject);
    },
    /** A binding's replicas, and those that we noted. */
    async scaleOf(name: string): Promise<[number | undefined, string | undefined]> {
      const { spec, metadata } = await readBinding(name);
      return [spec?.replicas, metadata?.annotations?.[seenAnnotation]];
    },
    async statusOf(name: string): Promise<string | undefined> {
      return (await readBinding(name)).status?.statusText;
    },
    async requestOf(username: string): Promise<(PersonRecord["request"] & { version: string | undefined }) | null> {
      const metadata = { name: `desktop-request-${personId(username)}`, namespace };
      const found = await objects
        .read<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap", metadata })
        .catch(() => null);
      const request = found && (JSON.parse(found.data?.["request"] ?? "null") as PersonRecord["request"]);
      return request && { ...request, version: found.metadata?.resourceVersion };
    },
  };
}
