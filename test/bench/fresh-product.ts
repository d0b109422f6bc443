import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalClusterOptions } from "@stand-in/cluster";
import { measurable } from "./cpu-of.ts";
import { signersOf } from "./flood-people.ts";
import { type FreshSystems, onFreshSystems } from "./fresh-systems.ts";

/** A product that runs in a process of its own, and how to act on it and on its cluster. */
export interface FreshProduct extends FreshSystems {
  readonly api: string;
  /** Its CPU can be measured, see cpu-of.ts. */
  readonly process: ChildProcess;
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
  await onFreshSystems(podDelays, async (systems) => {
    const { cluster, counted, roleUrl, folder } = systems;
    const state = join(folder, "state");
    const kubeconfigFile = join(folder, "counted-kubeconfig");
    await writeFile(kubeconfigFile, cluster.kubeconfig.replaceAll(cluster.url, counted.url));
    const options = ["--state", state, "--kubeconfig", kubeconfigFile, "--sample-estate", "--database-url", roleUrl];
    const launch = async () => {
      const child = spawn(process.execPath, [...measurable, "local/start.ts", ...options], {
        cwd: root,
        env: { ...process.env, ...settings },
        stdio: ["ignore", "pipe", "inherit", "ipc"],
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
    // A bench that is interrupted measures nothing more, and leaves nothing running.
    const interruption = Promise.withResolvers<never>();
    const interrupted = () => {
      interruption.reject(new Error("interrupted"));
    };
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    try {
      const { api, issuer } = JSON.parse(await readFile(join(state, "running.json"), "utf8")) as Record<string, string>;
      if (api === undefined || issuer === undefined) throw new Error("read running.json: it names no address");
      const used = use({
        ...systems,
        api,
        get process() {
          return product;
        },
        ...(await signersOf(state, issuer)),
        async killAndRestart() {
          await end("SIGKILL");
          product = await launch();
        },
      });
      await Promise.race([used, interruption.promise]);
    } finally {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      await end("SIGINT");
    }
  });
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
