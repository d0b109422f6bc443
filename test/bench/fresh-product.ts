import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { type LocalClusterOptions, startLocalCluster } from "@stand-in/cluster";
import { startLocalDatabase } from "@stand-in/database";
import { customResources } from "../../local/custom-resources.ts";
import { productRole } from "../../local/product-role.ts";
import { type CountedCalls, startCounting } from "../counted-calls.ts";
import { signersOf } from "./flood-people.ts";

/** A product that runs in a process of its own, and how to act on it and on its cluster. */
export interface FreshProduct {
  readonly api: string;
  readonly process: ChildProcess;
  kubeconfig: KubeConfig;
  /** The owner's address of Guacamole's database. */
  databaseUrl: string;
  /** What the product asks the cluster for. */
  counted: CountedCalls;
  /** A token of carol. */
  sign: () => string;
  /** A token of the login flow, which acts for anybody. */
  signService: () => string;
  /** Kills the product as `kill -9` does, and starts it again with the same state and the same address. */
  killAndRestart(): Promise<void>;
}

export interface FreshOptions {
  /** The checkout to start; an older one, for comparison. */
  root: string;
  settings?: Readonly<Record<string, string>>;
  podDelays?: LocalClusterOptions["podDelays"];
}

/** Starts the product on a cluster and a database in this process, uses it, and stops everything. */
export async function onFreshProduct(
  { root, settings = {}, podDelays }: FreshOptions,
  use: (fresh: FreshProduct) => Promise<void>,
): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), "bench-"));
  const cluster = await startLocalCluster({ customResources, store: ":memory:", ...(podDelays && { podDelays }) });
  const counted = await startCounting(cluster.url, true);
  const database = await startLocalDatabase({ directory: join(state, "database") });
  const kubeconfigFile = join(state, "counted-kubeconfig");
  await writeFile(kubeconfigFile, cluster.kubeconfig.replaceAll(cluster.url, counted.url));
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromString(cluster.kubeconfig);
  const roleUrl = await productRole(database.url, "a password of the bench");
  const options = ["--state", state, "--kubeconfig", kubeconfigFile, "--sample-estate", "--database-url", roleUrl];
  const launch = async () => {
    const child = spawn(process.execPath, ["local/start.ts", ...options], {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await serving(child);
    return child;
  };
  let product = await launch();
  const end = async (signal: NodeJS.Signals) => {
    if (product.exitCode !== null || product.signalCode !== null) return;
    const ended = once(product, "exit");
    product.kill(signal);
    await ended;
  };
  // A bench that is interrupted leaves nothing running.
  const interrupted = () => {
    product.kill("SIGINT");
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const { api, issuer } = JSON.parse(await readFile(join(state, "running.json"), "utf8")) as Record<string, string>;
    if (api === undefined || issuer === undefined) throw new Error("read running.json: it names no address");
    await use({
      api,
      get process() {
        return product;
      },
      ...{ kubeconfig, databaseUrl: database.url, counted },
      ...(await signersOf(state, issuer)),
      async killAndRestart() {
        await end("SIGKILL");
        product = await launch();
      },
    });
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await end("SIGINT");
    await counted.close();
    await cluster.close();
    await database.close();
    await rm(state, { recursive: true, force: true });
  }
}

function serving(product: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    product.stdout?.on("data", (text: Buffer) => {
      output += text.toString();
      if (output.includes("Serving.")) resolve();
    });
    product.once("exit", () => {
      reject(new Error(`the product did not start:\n${output}`));
    });
  });
}
