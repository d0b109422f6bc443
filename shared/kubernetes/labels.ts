import type { KubernetesObject, V1PodTemplateSpec } from "@kubernetes/client-node";
import { canonicalUsername, type DesktopKey, isKeyPart, keyText } from "../desktop/names.ts";

/** The field manager of every change that we make, and the value of the label that marks what is ours. */
export const manager = "guacamole-workspaces";

/** The container of a desktop's pod that shows the desktop; an admission controller may add others. */
export const desktopContainer = "desktop";

/** The platform's own labels and annotations: the operator's names, so that its tools go on working. */
export const label = {
  purpose: "xlscsde.nhs.uk/purpose",
  deploymentName: "xlscsde.nhs.uk/deployment-name",
  managedBy: "xlscsde.nhs.uk/managedBy",
  /** On a binding: the username in the operator's spelling. */
  username: "xlscsde.nhs.uk/username",
  /** 32 hex digits that stand for the person: unlike the username's label, no two people share it. */
  person: "xlscsde.nhs.uk/person",
  /** On a Secret or ConfigMap: that policies may give it to desktops. Its owner sets it. */
  offeredTo: "xlscsde.nhs.uk/offered-to",
  /** On a request: the state of the person's admission, while there is one. */
  admission: "xlscsde.nhs.uk/admission",
  /** On a request: 32 hex digits that stand for the person's id at the identity provider. */
  subject: "xlscsde.nhs.uk/subject",
  /** On a request: `none` if nobody has to look at it again unless it changes. */
  work: "xlscsde.nhs.uk/work",
} as const;

export const annotation = {
  workspace: "xlscsde.nhs.uk/workspace",
  username: "xlscsde.nhs.uk/username",
  /** The request that a credential or a pod was made for: running a step twice makes nothing new. */
  request: "xlscsde.nhs.uk/request",
  binding: "xlscsde.nhs.uk/binding",
  /** On a Deployment: when the start was asked for that its pod comes from. */
  startedAt: "xlscsde.nhs.uk/started-at",
  /** On a binding: its `spec.replicas` when we looked or wrote last. */
  replicasSeen: "xlscsde.nhs.uk/replicas-seen",
  /** On a binding: the generation that we found scaled by somebody else, and when. */
  scalingNoticed: "xlscsde.nhs.uk/scaling-noticed",
  /** On a binding: when and why it was last scaled up in vain, as JSON. */
  scalingRefused: "xlscsde.nhs.uk/scaling-refused",
  /** On what makes starts fast: what it was made from, as a hash. The same needs no write. */
  madeFrom: "xlscsde.nhs.uk/made-from",
  /** On a workspace: the ConfigMap that holds the policy of its desktops. */
  policy: "xlscsde.nhs.uk/desktop-policy",
} as const;

export const purpose = {
  desktop: "workspace-client",
  request: "desktop-request",
  maintenance: "desktop-maintenance",
  startTimes: "desktop-start-times",
  imagePuller: "desktop-image-puller",
  placeholder: "desktop-placeholder",
  /** A ConfigMap that workspaces may choose as policy. Its owner sets it. */
  policy: "desktop-policy",
} as const;

/** A username as the operator writes it into a label; null if that would be no label's value. */
export function usernameLabel(username: string): string | null {
  // lsc-sde/awms-keycloak-extensions (6157ca2), WorkspaceKubernetesClient.getWorkspaceBindingsForUserWithUserLabel
  const text = username.replace(/[^0-9a-z.]+/g, "___");
  return /^[0-9a-z](?:[0-9a-z._]{0,61}[0-9a-z])?$/.test(text) ? text : null;
}

/** So many values of a label fit into an address, which some gateways limit to 8 kB. */
const valuesOfSelector = 50;

/** Values of a label as set-based selectors take them: `key in (these)`, once for each text. */
export function valuesInSelectors(values: readonly string[]): string[] {
  const all = [...new Set(values)];
  return Array.from({ length: Math.ceil(all.length / valuesOfSelector) }, (_, index) =>
    all.slice(index * valuesOfSelector, (index + 1) * valuesOfSelector).join(","),
  );
}

/** True if we made the object, and so may remove it. */
export function isOurs(object: KubernetesObject): boolean {
  return object.metadata?.labels?.[label.managedBy] === manager;
}

/**
 * The desktop that the object was made for, by us or by the operator before us (AWMS), which put no managedBy on what it
 * made and wrote a Deployment's workspace and username on its pods; null for everybody else's.
 */
export function desktopOf(object: WithPods): DesktopKey | null {
  const { workspace, username } = writtenOn(object);
  if (!isOurs(object) && !isOperators(object)) return null;
  if (workspace === undefined || username === undefined) return null;
  if (!isKeyPart(workspace) || !isKeyPart(username)) return null;
  // Ours are found by what is derived from the username as it was written.
  return { workspace, username: isOurs(object) ? username : canonicalUsername(username) };
}

/** The username as the operator wrote it on what it made, if that is not the canonical form. */
export function spelledIn(object: WithPods): string | undefined {
  const { username } = writtenOn(object);
  return username === undefined || isOurs(object) || username === canonicalUsername(username) ? undefined : username;
}

type WithPods = KubernetesObject & { spec?: { template?: V1PodTemplateSpec } };

function writtenOn(object: WithPods): Partial<DesktopKey> {
  const own = object.metadata?.annotations ?? {};
  const annotations = isOperators(object) ? { ...object.spec?.template?.metadata?.annotations, ...own } : own;
  const workspace = annotations[annotation.workspace];
  const username = annotations[annotation.username];
  return { ...(workspace !== undefined && { workspace }), ...(username !== undefined && { username }) };
}

/** True if the operator before us made the object, as far as labels tell. */
function isOperators({ metadata: { labels = {} } = {} }: KubernetesObject): boolean {
  return labels[label.purpose] === purpose.desktop && labels[label.managedBy] === undefined;
}

/**
 * True if the object was made for this very desktop: a name alone proves nothing, since a binding's status can carry
 * any.
 */
export function belongsTo(object: KubernetesObject, { workspace, username }: DesktopKey): boolean {
  const made = desktopOf(object);
  return made !== null && keyText(made) === keyText({ workspace, username });
}

/** True if the object is on its way out: it may still be seen, and cannot be written to any more. */
export function isLeaving(object: KubernetesObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}

/** The cluster's own, while it deletes what belongs to an object (kubernetes v1.36.0 staging/src/k8s.io/apimachinery metav1). */
const finalizersOfDeletion: readonly string[] = ["foregroundDeletion", "orphan"];

/** Whose turn it is before an object that is being deleted can go, in words after "it is"; null if only the cluster's. */
export function heldBy({ metadata }: KubernetesObject): string | null {
  const foreign = (metadata?.finalizers ?? []).filter((each) => !finalizersOfDeletion.includes(each));
  if (foreign.length === 0) return null;
  const [what, its] = foreign.length === 1 ? ["finalizer", "its owner"] : ["finalizers", "their owners"];
  return `held by the ${what} ${foreign.join(", ")}, which ${its} must remove`;
}
