import type { V1ConfigMap } from "@kubernetes/client-node";
import { ProductError } from "../errors.ts";
import { addStarts, type StartTimes, startTimesSchema } from "../lifecycle/start-times.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";

/** The last starts of each image, in one small ConfigMap that all processes share. */
export interface StoredStartTimes {
  read(): Promise<StartTimes>;
  /** Adds starts, and returns all. Throws if they could not be added. */
  add(more: StartTimes, now: Date): Promise<StartTimes>;
}

const name = "desktop-start-times";
const key = "starts";
const attempts = 5;

export function startTimesIn(cluster: Cluster, namespace: string): StoredStartTimes {
  const reference: Reference = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
  };
  const find = () => cluster.read<V1ConfigMap>(reference);
  return {
    read: async () => parse(await find()),
    async add(more, now) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await find();
        if (found && !isOurs(found))
          throw new ProductError("not-ours", `write ConfigMap ${name}: it is not ours (rename or remove it)`);
        const times = addStarts(parse(found), more, now);
        const data = { ...found?.data, [key]: JSON.stringify(times) };
        const labels = { [label.managedBy]: manager, [label.purpose]: purpose.startTimes };
        const written = found
          ? await cluster.replace<V1ConfigMap>({ ...found, apiVersion: "v1", kind: "ConfigMap", data })
          : await cluster.create<V1ConfigMap>({ ...reference, metadata: { ...reference.metadata, labels }, data });
        if (written) return times;
      }
      throw new ProductError("too-many-writers", `write ConfigMap ${name}: it changed ${attempts} times meanwhile`);
    },
  };
}

/** What cannot be read counts as nothing: these are only estimates, and the next starts write them anew. */
function parse(found: V1ConfigMap | null): StartTimes {
  if (!found || !isOurs(found)) return {};
  try {
    return startTimesSchema.parse(JSON.parse(found.data?.[key] ?? "{}"));
  } catch {
    return {};
  }
}
