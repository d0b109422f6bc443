import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { activationSteps } from "../orchestrations/activation.ts";
import { rowsFor, startedNow } from "../orchestrations/versions.ts";
import type { ActivityName } from "../shared/desktop/activities.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/**
 * Each step of the activation saga fails in each possible way: permanently without effect, permanently although it took
 * effect (a call that timed out), and once before it succeeds.
 */
let estate: TestEstate;

/** The rows that run: those without a condition, and of the others these. */
function rowsWith(conditional: readonly string[]) {
  const steps = rowsFor(startedNow, activationSteps).filter(({ when, name }) => !when || conditional.includes(name));
  return steps.map((step, index) => {
    const begun = steps.slice(0, index + 1).filter(({ undo }) => undo !== undefined);
    return {
      name: step.name,
      activity: "do" in step ? step.do : step.poll,
      undone: begun.map(({ name }) => name).reverse(),
      undos: begun.flatMap(({ undo }) => undo ?? []).reverse(),
    };
  });
}

/** @returns how often the activity began, and how often it failed because of the test: it may fail by itself, too */
function failFor(activity: ActivityName, when: "beforeActivity" | "afterActivity", times = Infinity) {
  const count = { begun: 0, failed: 0 };
  const fail = (name: string) => {
    if (name !== activity || count.failed >= times) return;
    count.failed += 1;
    throw new Error(`[step-failed] the test broke ${activity}`);
  };
  estate.faults.beforeActivity = ({ name }) => {
    if (name === activity) count.begun += 1;
    if (when === "beforeActivity") fail(name);
  };
  if (when === "afterActivity")
    estate.faults.afterActivity = ({ name }) => {
      fail(name);
    };
  return count;
}

describe.each(["{workspace}@{username}", "{username}"])("with users called %s", (template) => {
  // The operator may have given access to another user than the one that the person has now.
  const conditional = template === "{username}" ? ["stale access"] : [];
  const rows = rowsWith(conditional);

  beforeAll(async () => {
    estate = await startTestEstate(undefined, { GUACAMOLE_ENTITY_TEMPLATE: template });
  });
  afterAll(() => estate.close());

  afterEach(async () => {
    estate.mend();
    await estate.ask("alice", null);
  });

  describe.each(["asthma-cohort", "cancer-registry"])("%s", (workspace) => {
    // In the first workspace alice has no desktop before, in the second a suspended one.
    const before = workspace === "asthma-cohort" ? "no desktop" : "a suspended desktop";

    beforeAll(async () => {
      if (before === "no desktop") return;
      expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
      expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
    });

    describe.each(["beforeActivity", "afterActivity"] as const)(`with ${before}, %s`, (when) => {
      it.each(rows)(
        "a permanent failure of step $name is undone newest first and leaves everything as before",
        async (row) => {
          const world = await estate.world();
          const count = failFor(row.activity, when);
          estate.log.length = 0;

          const operation = await estate.ask("alice", workspace);

          expect(operation).toMatchObject({
            state: "failed",
            step: row.name,
            code: "step-failed",
            reason: `the test broke ${row.activity}`,
            undone: row.undone,
            leftBehind: [],
          });
          const order = estate.log
            .filter(({ message }) => message.startsWith("Executing"))
            .map(({ functionName }) => functionName)
            .filter((name) => row.undos.includes(name as never));
          expect(order).toEqual(row.undos);
          expect(count.begun, "attempts").toBe(4);
          expect(await estate.world()).toEqual(world);
        },
      );
    });

    it.each(rows)(`with ${before}, the desktop comes up although step $name fails once`, async ({ activity }) => {
      const count = failFor(activity, "afterActivity", 1);
      const operation = await estate.ask("alice", workspace);
      expect(count.failed).toBe(1);
      expect(operation).toMatchObject({ state: "done" });
      expect(await estate.call("alice", "GET", "/users/alice/desktop")).toMatchObject({
        body: { state: "ready", workspace },
      });
      if (before === "no desktop") await wipe(workspace);
    });
  });

  describe("with a desktop that runs in another workspace", () => {
    beforeAll(async () => {
      expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    });
    beforeEach(async () => {
      expect(await estate.ask("alice", "cancer-registry")).toMatchObject({ state: "done" });
    });

    it.each(rowsWith([...conditional, "other desktops"]))(
      "a failure of step $name after it took effect leaves that one as it was, and open",
      async (row) => {
        const world = await estate.world();
        failFor(row.activity, "afterActivity");
        expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "failed", leftBehind: [] });
        expect(await estate.world()).toEqual(world);
      },
    );
  });
});

/** Removes what an activation created, so that the next one starts from nothing. */
async function wipe(workspace: string): Promise<void> {
  await estate.ask("alice", null);
  const { AppsV1Api, CoreV1Api, NetworkingV1Api } = await import("@kubernetes/client-node");
  const { deploymentName } = await import("../shared/desktop/names.ts");
  const name = deploymentName({ workspace, username: "alice" });
  const query = { namespace: "guacamole" };
  await estate.kubeconfig.makeApiClient(AppsV1Api).deleteNamespacedDeployment({ ...query, name });
  await estate.kubeconfig.makeApiClient(CoreV1Api).deleteNamespacedService({ ...query, name: `client-${name}` });
  await estate.kubeconfig.makeApiClient(CoreV1Api).deleteNamespacedSecret({ ...query, name: `client-${name}` });
  await estate.kubeconfig
    .makeApiClient(NetworkingV1Api)
    .deleteNamespacedNetworkPolicy({ ...query, name: `client-${name}` });
  await estate.guacamole.query("DELETE FROM guacamole_connection_group WHERE connection_group_name = $1", [workspace]);
  await estate.guacamole.query("DELETE FROM guacamole_entity WHERE name = $1", [`${workspace}@alice`]);
  await estate.guacamole.query("DELETE FROM guacamole_entity WHERE name = 'alice'");
}
