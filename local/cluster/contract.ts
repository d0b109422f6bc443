import type { KubeConfig } from "@kubernetes/client-node";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { applyContract } from "./contract/apply.ts";
import { clientsOf, type Clients } from "./contract/clients.ts";
import { customResourcesContract } from "./contract/custom-resources.ts";
import { deletionContract } from "./contract/deletion.ts";
import { deploymentsContract } from "./contract/deployments.ts";
import { endpointSlicesContract } from "./contract/endpoint-slices.ts";
import { listsAndWatchesContract } from "./contract/lists-and-watches.ts";
import { objectsContract } from "./contract/objects.ts";

export interface Connection {
  config: KubeConfig;
  close(): Promise<void>;
}

/**
 * What the product requires of a Kubernetes API, as tests that run on the stand-in and on a real API server alike.
 * A real one must have the two custom resource definitions and a controller manager.
 *
 * @param connect gets the namespace of the tests, in which pods must be able to run
 */
export function describeClusterContract(name: string, connect: (namespace: string) => Promise<Connection>): void {
  describe(name, () => {
    let connection: Connection | undefined;
    let clients: Clients | undefined;
    const cluster = (): Clients => {
      if (clients === undefined) throw new Error("use cluster: it is not connected yet (call this inside a test)");
      return clients;
    };

    beforeAll(async () => {
      const namespace = `contract-${randomUUID().slice(0, 8)}`;
      connection = await connect(namespace);
      clients = clientsOf(connection.config, namespace);
      await clients.core.createNamespace({ body: { metadata: { name: clients.namespace } } });
    });
    afterAll(async () => {
      await clients?.core.deleteNamespace({ name: clients.namespace });
      await connection?.close();
    });

    objectsContract(cluster);
    deploymentsContract(cluster);
    endpointSlicesContract(cluster);
    applyContract(cluster);
    listsAndWatchesContract(cluster);
    deletionContract(cluster);
    customResourcesContract(cluster);
  });
}
