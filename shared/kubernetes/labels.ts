import type { KubernetesObject } from "@kubernetes/client-node";
import type { DesktopKey } from "../desktop/names.ts";

/** The field manager of every change that we make, and the value of the label that marks what is ours. */
export const manager = "guacamole-workspaces";

/** The platform's own labels and annotations: the operator's names, so that its tools go on working. */
export const label = {
  purpose: "xlscsde.nhs.uk/purpose",
  deploymentName: "xlscsde.nhs.uk/deployment-name",
  managedBy: "xlscsde.nhs.uk/managedBy",
  /** 32 hex digits that stand for the person: unlike the username's label, no two people share it. */
  person: "xlscsde.nhs.uk/person",
} as const;

export const annotation = {
  workspace: "xlscsde.nhs.uk/workspace",
  username: "xlscsde.nhs.uk/username",
  /** The request that a credential or a pod was made for: running a step twice makes nothing new. */
  request: "xlscsde.nhs.uk/request",
  binding: "xlscsde.nhs.uk/binding",
  /** On a workspace: the ConfigMap that holds the policy of its desktops. */
  policy: "xlscsde.nhs.uk/desktop-policy",
} as const;

export const purpose = { desktop: "workspace-client", request: "desktop-request" } as const;

/** Whether we made the object, and so may remove it. */
export function isOurs(object: KubernetesObject): boolean {
  return object.metadata?.labels?.[label.managedBy] === manager;
}

/** Whether we made the object for this very desktop: a name alone proves nothing, since a binding's status can carry any. */
export function belongsTo(object: KubernetesObject, { workspace, username }: DesktopKey): boolean {
  const { annotations = {} } = object.metadata ?? {};
  return (
    isOurs(object) && annotations[annotation.workspace] === workspace && annotations[annotation.username] === username
  );
}

/** Whether the object is on its way out: it may still be seen, and cannot be written to any more. */
export function isLeaving(object: KubernetesObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}
