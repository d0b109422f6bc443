import type { V1ConfigMap } from "@kubernetes/client-node";
import { type Maintenance, maintenanceSchema } from "../desktop/maintenance.ts";
import { ProductError } from "../errors.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";
import { sharedRead } from "./shared-read.ts";

/** What is paused: one ConfigMap, so that it survives every restart and can be read with kubectl. */
export interface MaintenanceSwitch {
  read(): Promise<Maintenance>;
  /** Writes what `change` returns for the current value; calls it again if somebody else was quicker. */
  update(change: (current: Maintenance) => Maintenance): Promise<Maintenance>;
}

const attempts = 10;
const key = "paused";

export function maintenanceSwitchIn(cluster: Cluster, namespace: string): MaintenanceSwitch {
  const reference: Reference = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "desktop-maintenance", namespace },
  };
  const find = () => cluster.read<V1ConfigMap>(reference);
  return {
    // In a rush everybody asks.
    read: sharedRead(async () => parse(await find())),
    async update(change) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await find();
        const paused = change(parse(found));
        const data = { ...found?.data, [key]: JSON.stringify(paused) };
        const labels = { [label.managedBy]: manager, [label.purpose]: purpose.maintenance };
        const written = found
          ? await cluster.replace<V1ConfigMap>({ ...found, apiVersion: "v1", kind: "ConfigMap", data })
          : await cluster.create<V1ConfigMap>({ ...reference, metadata: { ...reference.metadata, labels }, data });
        if (written) return paused;
      }
      throw new ProductError("too-many-writers", "write the maintenance switch: others kept changing it (try again)");
    },
  };
}

/** A damaged switch is an error, which pauses everything that asks it: nobody knows what was meant. */
function parse(found: V1ConfigMap | null): Maintenance {
  if (!found) return {};
  const name = found.metadata?.name ?? "";
  if (!isOurs(found))
    throw new ProductError("not-ours", `read the maintenance switch: the ConfigMap ${name} is not ours (rename it)`);
  try {
    return maintenanceSchema.parse(JSON.parse(found.data?.[key] ?? "{}"));
  } catch (cause) {
    throw new ProductError("internal", `read the maintenance switch: the ConfigMap ${name} is damaged (delete it)`, {
      cause,
    });
  }
}
