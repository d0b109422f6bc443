import type { KubernetesObject, V1ManagedFieldsEntry } from "@kubernetes/client-node";
import { label, manager } from "./labels.ts";

type Fields = Record<string, unknown>;

/** What controllers of the cluster write into an object apart from its status; it stays theirs. */
const clustersOwn = "kube-controller-manager";

/** True if our server-side apply has ever decided about the object's spec; if not, somebody else's fields are in it. */
export function appliedByUs(object: KubernetesObject): boolean {
  return (object.metadata?.managedFields ?? []).some(
    (entry) => isOurApply(entry) && Object.hasOwn((entry.fieldsV1 ?? {}) as Fields, "f:spec"),
  );
}

/** True if fields are ours because we created the object: an apply does not remove what it no longer names of those. */
export function createdByUs(object: KubernetesObject): boolean {
  return (object.metadata?.managedFields ?? []).some((entry) => entry.manager === manager && isCreation(entry));
}

/**
 * The managedFields that make our apply the owner of all that people and other programs wrote: the next apply then removes
 * what it does not name, although it would otherwise leave a field to its owner. What client-go's csaupgrade does for one
 * manager (kubernetes.io/docs/reference/using-api/server-side-apply, "Upgrading from client-side apply").
 */
export function takenOver(object: KubernetesObject): V1ManagedFieldsEntry[] {
  const { apiVersion = "", metadata: { managedFields: entries = [] } = {} } = object;
  const stays = (entry: V1ManagedFieldsEntry) => entry.manager === clustersOwn || entry.subresource !== undefined;
  const fieldsV1 = entries
    .filter((entry) => !stays(entry))
    .reduce<Fields>((all, entry) => union(all, (entry.fieldsV1 ?? {}) as Fields), {});
  delete fieldsV1["f:status"];
  return [
    ...entries.filter(stays),
    { manager, operation: "Apply", apiVersion, fieldsType: "FieldsV1", time: new Date(), fieldsV1 },
  ];
}

/**
 * True if somebody changed the value under this key of a Secret after we applied it: who changes a value takes it over, and
 * the rest of what we applied stays ours (kubernetes.io/docs/reference/using-api/server-side-apply, "Field management"). A
 * Secret that another program created anew, as a restored backup is, says nothing of that.
 */
export function isChangedByOthers(secret: KubernetesObject, key: string): boolean {
  const entries = secret.metadata?.managedFields ?? [];
  const ours = entries.filter(isOurApply);
  const owned = (entry: V1ManagedFieldsEntry) => {
    const values = ((entry.fieldsV1 ?? {}) as Record<string, Fields | undefined>)["f:data"] ?? {};
    return Object.hasOwn(values, `f:${key}`);
  };
  return ours.length > 0 && !ours.some(owned) && entries.some(owned);
}

/** The paths below this one that others own and our apply does not: `spec.hostNetwork`, `spec.containers.desktop.image`. */
export function changedByOthers(object: KubernetesObject, below: readonly string[]): string[] {
  const entries = object.metadata?.managedFields ?? [];
  const leavesOf = (chosen: V1ManagedFieldsEntry[]) =>
    chosen.flatMap(({ fieldsV1 }) => {
      let start = fieldsV1 as Fields | undefined;
      for (const name of below) start = start?.[name] as Fields | undefined;
      return start ? leaves(start) : [];
    });
  const ours = new Set(leavesOf(entries.filter(isOurApply)));
  const others = entries.filter((entry) => !isOurApply(entry) && (entry.subresource ?? "") === "");
  return [...new Set(leavesOf(others))].filter((path) => !ours.has(path));
}

/**
 * True if another program than the one that created the object owns this field. Who created an object from a
 * `generateName` owns that.
 */
export function isChangedSinceCreated(object: KubernetesObject, path: readonly string[]): boolean {
  const entries = object.metadata?.managedFields ?? [];
  const owners = entries.filter((entry) => owns(entry, path));
  const creator = entries.find((entry) => owns(entry, ["f:metadata", "f:generateName"]));
  return creator !== undefined && owners.length > 0 && !owners.includes(creator);
}

function owns(entry: V1ManagedFieldsEntry, path: readonly string[]): boolean {
  return fieldsAt(entry, path) !== undefined;
}

function fieldsAt({ fieldsV1 }: V1ManagedFieldsEntry, path: readonly string[]): Fields | undefined {
  let fields = fieldsV1 as Fields | undefined;
  for (const name of path) fields = fields?.[name] as Fields | undefined;
  return fields;
}

/** The paths of a set's leaves; an element of a list goes by its name, if it has one. */
function leaves(fields: Fields, path = ""): string[] {
  const names = Object.keys(fields).filter((name) => name !== ".");
  if (names.length === 0) return [path];
  return names.flatMap((name) =>
    leaves(fields[name] as Fields, path === "" ? wordOf(name) : `${path}.${wordOf(name)}`),
  );
}

/** `f:name` is a field, `k:{"name":"desktop"}` an element by its key, `v:"x"` one by its value. */
function wordOf(name: string): string {
  if (!name.startsWith("k:")) return name.slice(2);
  return Object.values(JSON.parse(name.slice(2)) as Fields).join("/");
}

/** True if we decided about what the entry owns: with an apply, or by creating the object. */
function isOurApply(entry: V1ManagedFieldsEntry): boolean {
  return entry.manager === manager && (entry.operation === "Apply" || isCreation(entry));
}

/** A patch of ours owns only what it changed, and never the label that marks what is ours. */
function isCreation(entry: V1ManagedFieldsEntry): boolean {
  return (
    entry.operation === "Update" &&
    (entry.subresource ?? "") === "" &&
    owns(entry, ["f:metadata", "f:labels", `f:${label.managedBy}`])
  );
}

/** Both sets of fields; a set is a tree whose leaves are empty objects. */
function union(one: Fields, other: Fields): Fields {
  const both = { ...one };
  for (const [name, value] of Object.entries(other))
    both[name] = Object.hasOwn(one, name) ? union(one[name] as Fields, value as Fields) : value;
  return both;
}
