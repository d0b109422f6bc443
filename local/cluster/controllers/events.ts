import { createHash } from "node:crypto";
import { timestamp, typed, type KubeObject } from "../objects.ts";
import { createAs, updateAs, type ClusterState } from "./cluster-state.ts";

export interface EventText {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  component: string;
  /** Identifies equal events; default: the message. */
  sameAs?: string;
}

/** Real clusters delete events after an hour. */
const keptMs = 3_600_000;

/** Records an event about an object. As in the real recorder, an equal event only increases the count. */
export function recordEvent(
  state: ClusterState,
  about: Pick<KubeObject, "apiVersion" | "kind" | "metadata">,
  text: EventText,
): void {
  const { name: subject, namespace = "default", uid, resourceVersion } = about.metadata;
  const { component, type, reason, message, sameAs = message } = text;
  // The name is derived from the event's contents, so that an equal event is found without a search.
  const hash = createHash("sha256")
    .update(JSON.stringify([uid, reason, sameAs]))
    .digest("hex");
  const name = `${subject}.${hash.slice(0, 16)}`;
  const same = state.store.get("events", namespace, name);
  const lastTimestamp = timestamp();
  if (same !== undefined) {
    const count = (typed("events", same).count ?? 1) + 1;
    updateAs(state, "kubelet", "events", same, { ...same, count, message, lastTimestamp });
    return;
  }
  if (state.store.get("namespaces", "", namespace)?.metadata.deletionTimestamp !== undefined) return;
  createAs(state, "kubelet", "events", namespace, {
    metadata: { name },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name: subject, namespace, uid, resourceVersion },
    ...{ type, reason, message, count: 1, source: { component } },
    ...{ firstTimestamp: lastTimestamp, lastTimestamp, reportingComponent: component },
  });
}

export function forgetOldEvents(state: ClusterState, now: Date): void {
  for (const object of state.store.list("events")) {
    const at = typed("events", object).lastTimestamp ?? object.metadata.creationTimestamp;
    const { namespace = "", name } = object.metadata;
    if (now.getTime() - Date.parse(at) > keptMs) state.store.remove("events", namespace, name);
  }
}
