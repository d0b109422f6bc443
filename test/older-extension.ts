import { CustomObjectsApi, type KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { usernameLabel } from "../shared/kubernetes/labels.ts";

const kinds = { group: "xlscsde.nhs.uk", version: "v1" };
const bindingPlural = "analyticsworkspacebindings";
const workspacePlural = "analyticsworkspaces";

interface FoundBinding {
  metadata: { name: string };
  spec: { workspace: string };
}

/**
 * The platform's own Keycloak extension, call by call as in lsc-sde/awms-keycloak-extensions
 * (requiredaction/src/main/java/awms/lscsde/requiredaction): WorkspaceKubernetesClient.java at 6157ca2 and
 * WorkspaceRequiredAction.java at b6f6e45. It scales the chosen binding to 1 and all others to 0, one after the other
 * in the order of the list, and does so twice in one login: in processAction, and three seconds later in
 * evaluateTriggers.
 *
 * @param namespace its DEFAULT_NAMESPACE
 */
export function olderExtension(kubeconfig: KubeConfig, namespace: string) {
  const api = kubeconfig.makeApiClient(CustomObjectsApi);

  async function list(labelSelector: string): Promise<FoundBinding[]> {
    const found = (await api.listClusterCustomObject({ ...kinds, plural: bindingPlural, labelSelector })) as {
      items: FoundBinding[];
    };
    return found.items;
  }

  /** getAllWorkspaceBindingsForUser: those without a label are compared by reference, so none of them is ever the person's. */
  async function bindingsOf(username: string): Promise<FoundBinding[]> {
    const labelled = await list(`xlscsde.nhs.uk/username=${usernameLabel(username) ?? ""}`);
    await list("!xlscsde.nhs.uk/username");
    return labelled;
  }

  /** patchWorkspaceBindingScale */
  async function patchScale(name: string, value: number): Promise<void> {
    await api.patchNamespacedCustomObject(
      { ...kinds, namespace, plural: bindingPlural, name, body: [{ op: "replace", path: "/spec/replicas", value }] },
      setHeaderOptions("Content-Type", PatchStrategy.JsonPatch),
    );
  }

  /** setActiveWorkspaceBindingForUser, stopping before each patch. */
  async function* setActive(binding: string, username: string): AsyncGenerator<void> {
    for (const { metadata } of await bindingsOf(username)) {
      yield;
      await patchScale(metadata.name, metadata.name === binding ? 1 : 0);
    }
  }

  return {
    /** The form: getAllWorkspacesForUser reads each workspace. Returns what can be chosen, as `workspace:binding`. */
    async showChoices(username: string): Promise<string[]> {
      const first = new Map<string, string>();
      for (const { metadata, spec } of await bindingsOf(username)) {
        if (first.has(spec.workspace)) continue;
        await api.getNamespacedCustomObject({ ...kinds, namespace, plural: workspacePlural, name: spec.workspace });
        first.set(spec.workspace, metadata.name);
      }
      return [...first].map(([workspace, binding]) => `${workspace}:${binding}`);
    },

    /** A login from the choice to just before the LOGIN event, stopping before each patch and at the end. */
    async *choose(choice: string, username: string): AsyncGenerator<void> {
      const [, binding = ""] = choice.split(":");
      yield* setActive(binding, username);
      yield* setActive(binding, username);
      yield;
    },
  };
}

/** Goes through a login without stopping. */
export async function toTheEnd(login: AsyncGenerator<void>): Promise<void> {
  while (!(await login.next()).done);
}
