import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startLocalCluster } from "@stand-in/cluster";
import { startLocalDatabase } from "@stand-in/database";
import { customResources } from "../local/custom-resources.ts";
import type { ActivityName } from "../shared/desktop/activities.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { startProduct } from "./started-product.ts";
import { prepareTestDatabase } from "./test-database.ts";
import { describeWorld, type World } from "./world.ts";

let state: string;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "crash-"));
  await prepareTestDatabase(join(state, "database"));
  // As an earlier start left it, else it would not be taken for ours.
  await writeFile(join(state, "host.log"), "");
});
afterEach(async () => {
  await rm(state, { recursive: true, force: true });
});

/** Returns what the stand-ins stored on disk. */
async function worldOnDisk(): Promise<World> {
  const [database, cluster] = await Promise.all([
    startLocalDatabase({ directory: join(state, "database") }),
    startLocalCluster({ customResources, store: join(state, "cluster.sqlite") }),
  ]);
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  const guacamole = new pg.Client({ connectionString: database.url });
  await guacamole.connect();
  try {
    return await describeWorld(config, guacamole, "guacamole");
  } finally {
    await guacamole.end();
    await Promise.all([database.close(), cluster.close()]);
  }
}

const name = deploymentName({ workspace: "asthma-cohort", username: "alice" });

/** Everything that belongs to one desktop, once. */
const oneDesktop = {
  objects: [`Deployment ${name}`, `NetworkPolicy client-${name}`, `Secret client-${name}`, `Service client-${name}`],
  rows: [
    "group asthma-cohort",
    "connection 1 alice",
    "parameter 1 disable-copy",
    "parameter 1 disable-paste",
    "parameter 1 hostname",
    "parameter 1 password",
    "parameter 1 port",
    "entity USER asthma-cohort@alice",
    "user asthma-cohort@alice until 2099-12-31 in Europe/London",
    "may open asthma-cohort@alice 1 READ",
    "sees group asthma-cohort@alice READ",
    "self asthma-cohort@alice READ",
  ],
};

const points: ActivityName[] = [
  "readRequest",
  "createParts",
  "createDeployment",
  "waitReady",
  "writeConnection",
  "grantPermission",
  "recordOutcome",
];

it.each(points)("a start after kill -9 right after %s completes the activation, with nothing twice", async (point) => {
  const first = await startProduct(state, "--once", "--crash-at", point).ended;
  expect(first.signal, first.output).toBe("SIGKILL");

  const second = await startProduct(state, "--once").ended;
  expect(second.output).toContain("The desktop is ready: http://");
  expect(second.code, second.output).toBe(0);

  const { objects, rows } = await worldOnDisk();
  const own = Object.keys(objects).filter((key) => key.includes(name));
  expect(own.sort()).toEqual(oneDesktop.objects);
  expect(objects[`Deployment ${name}`]).toMatchObject({ spec: { replicas: 1 } });
  expect(rows).toEqual(oneDesktop.rows);
});
