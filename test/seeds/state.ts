import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { NamedDesktop } from "../../shared/desktop/names.ts";
import { askFor, endOf } from "../bound-people.ts";
import { namespace, type TestEstate } from "../estate.ts";
import { bindingOf, type DriftEstate, edit, partOf, recordOf, remove, type Seed } from "../seeded-drift.ts";
import { onUser, setParameter, theEntity } from "./statements.ts";

async function setStatus(estate: TestEstate, desktop: NamedDesktop, status: object): Promise<void> {
  const api = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const { name } = bindingOf(desktop).metadata;
  const target = { group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings", name };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await api.patchNamespacedCustomObjectStatus({ ...target, body: { status } }, merge);
}

/** It was not ready, and could not be taken down when that was undone; a long time ago. */
async function startInVain(estate: DriftEstate, desktop: NamedDesktop): Promise<void> {
  estate.breakImage(desktop.names.deployment);
  estate.faults.beforeActivity = ({ name, input }) => {
    const mine = JSON.stringify(input).includes(desktop.names.deployment);
    if (mine && name === "removeDeployment") throw new Error("no");
  };
  const ended = await endOf(estate, await askFor(estate, desktop.username, desktop.workspace));
  estate.mend();
  if (ended.state !== "failed") throw new Error(`start in vain: ${JSON.stringify(ended)}`);
  // As release 0.1.0 left it: what was left behind was no goal.
  await edit(estate, { ...recordOf(desktop.username), data: { rollback: null } });
  const { metadata, ...kind } = partOf("deployment", desktop);
  await edit(estate, {
    ...kind,
    metadata: { ...metadata, annotations: { "xlscsde.nhs.uk/started-at": "2026-01-01T00:00:00.000Z" } },
  });
}

export const stateSeeds: readonly Seed[] = [
  {
    username: "two-pods",
    what: "that somebody scaled to two pods",
    found: [["too-many-pods", /^it has 2 pods instead of one$/]],
    end: "as before",
    seed: (estate, desktop) => edit(estate, { ...partOf("deployment", desktop), spec: { replicas: 2 } }),
  },
  {
    username: "says-stopped",
    what: "that runs, while its binding says that it does not",
    found: [["binding-status", /^the binding cohort-says-stopped says that it is not running$/]],
    end: "as before",
    seed: (estate, desktop) => setStatus(estate, desktop, { statusText: "READY", replicas: 0 }),
  },
  {
    username: "says-running",
    what: "that is suspended, while its binding says that it runs",
    suspended: true,
    found: [["binding-status", /^the binding cohort-says-running says that it is running$/]],
    end: "as before",
    seed: (estate, desktop) => setStatus(estate, desktop, { statusText: "ACTIVE", replicas: 1 }),
  },
  {
    username: "several-at-once",
    what: "with several things amiss",
    found: [
      ["access-missing", /may not open it/],
      ["connection", /: disable-paste, port$/],
      ["last-day", /2020-01-01/],
      ["network-policy", /missing/],
      ["service", /missing/],
    ],
    end: "as before",
    async seed(estate, desktop) {
      await setParameter("disable-paste", "false")(estate, desktop);
      await setParameter("port", "5901")(estate, desktop);
      await onUser(estate, desktop, `DELETE FROM guacamole_connection_permission WHERE entity_id = ${theEntity}`);
      await onUser(
        estate,
        desktop,
        `UPDATE guacamole_user SET valid_until = '2020-01-01' WHERE entity_id = ${theEntity}`,
      );
      for (const part of ["networkPolicy", "service"] as const) await remove(estate, partOf(part, desktop));
    },
  },
  {
    username: "never-ready",
    what: "that is stuck in starting",
    suspended: true,
    found: [
      ["binding-status", /^the binding cohort-never-ready says that it is not running$/],
      ["stuck-starting", /^it was started at 2026-01-01T00:00:00.000Z and never became ready$/],
    ],
    end: "suspended",
    seed: startInVain,
  },
  {
    username: "scaled-up-again",
    what: "that was suspended, and scaled to one by hand",
    suspended: true,
    found: [
      ["binding-status", /^the binding cohort-scaled-up-again says that it is not running$/],
      ["should-be-suspended", /^it runs, although its person wants none or another one$/],
    ],
    end: "suspended",
    seed: (estate, desktop) => edit(estate, { ...partOf("deployment", desktop), spec: { replicas: 1 } }),
  },
];
