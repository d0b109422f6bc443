import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { tokenIssuer, type TokenIssuer } from "./api/issuer.ts";
import { createApiServer } from "./api/server.ts";
import { startControllers } from "./controllers/controllers.ts";
import { kindsWith } from "./kinds/kinds.ts";
import { openFaults, type PodFault } from "./kubelet/faults.ts";
import { openStore } from "./store/store.ts";

export type { PodFault } from "./kubelet/faults.ts";
export { issuerName } from "./api/issuer.ts";
export { CorruptStoreError } from "./store/open.ts";

export interface LocalClusterOptions {
  /** Path of an SQLite file, or ":memory:". */
  store: string;
  /** The cluster's CustomResourceDefinitions (YAML); none can be added through the API. */
  customResources?: string;
  /** A port on 127.0.0.1; a free one if 0 or absent. */
  port?: number;
  /** The bearer token that every request must have. If absent, requests need no authentication. */
  token?: string;
  /** Delays in a pod's life: the first three count from its creation, the last from its deletion. */
  podDelays?: { scheduledAfterMs?: number; runningAfterMs?: number; readyAfterMs?: number; goneAfterMs?: number };
  /** How many changes a watch may be behind before it gets 410; default 10,000. */
  keepChanges?: number;
  log?: (line: string) => void;
}

export interface LocalCluster {
  readonly url: string;
  readonly port: number;
  /** A kubeconfig (JSON text is valid YAML) for the client's loadFromString and for kubectl. */
  readonly kubeconfig: string;
  /**
   * Makes pods of the Deployment, or of the whole namespace, fail from now on, including running ones if a real one
   * could; null repairs them. Survives a restart.
   */
  setFault(match: { namespace: string; deployment?: string }, fault: PodFault | null): void;
  /** A token of a service account, as the kubelet projects it; the stand-in itself does not take it for a credential. */
  readonly signToken: TokenIssuer["signToken"];
  /** Ends watches and releases the store; may be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in for the Kubernetes API with controllers and a kubelet behind it, all in this process.
 *
 * A pod whose image is named after a fault (`example.org/fault-image-pull:1`; the faults are in kubelet/faults.ts) fails in
 * that way, so that users can try it without code.
 *
 * Throws CorruptStoreError if the store's file is damaged, and an Error that says what to do if the file or the port
 * cannot be used.
 */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const log = options.log ?? (() => undefined);
  const store = openStore(options.store, options.keepChanges ?? 10_000);
  const kinds = kindsWith(options.customResources ?? "");
  const issuer = tokenIssuer();
  const server = createApiServer({ store, kinds, token: options.token, issuer, log });
  let port: number;
  try {
    port = await listen(server, options.port ?? 0);
  } catch (error) {
    store.close();
    throw error;
  }
  const delays = {
    scheduledAfterMs: 100,
    runningAfterMs: 300,
    readyAfterMs: 800,
    goneAfterMs: 100,
    ...options.podDelays,
  };
  const faults = openFaults(store.database);
  const controllers = startControllers({ store, kinds, faults, delays, log });
  const url = `http://127.0.0.1:${port}`;
  let closing: Promise<void> | undefined;

  return {
    ...{ url, port },
    kubeconfig: kubeconfigFor(url, options.token),
    signToken: issuer.signToken,
    setFault({ namespace, deployment }, fault) {
      faults.set(namespace, deployment, fault);
      controllers.lookAtNamespace(namespace);
    },
    close() {
      closing ??= new Promise((resolve) => {
        controllers.stop();
        server.close(() => {
          store.close();
          resolve();
        });
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "another program is listening there (stop it, or choose another port)"
          : error.message;
      reject(new Error(`start cluster on 127.0.0.1:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function kubeconfigFor(server: string, token: string | undefined): string {
  const name = "local";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    // The client requires this for a server without TLS.
    clusters: [{ name, cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: "default" } }],
    "current-context": name,
  };
  return JSON.stringify(config, undefined, 2);
}
