import { KubernetesObjectApi } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { NamedDesktop } from "../../shared/desktop/names.ts";
import type { TestEstate } from "../estate.ts";
import { kinds, type Part, partOf, remove, type Seed } from "../seeded-drift.ts";
import { dropConnection, dropUser } from "./statements.ts";

/** Only this of a desktop is left. */
async function leaveOnly(estate: TestEstate, desktop: NamedDesktop, left: Part | "connection"): Promise<void> {
  for (const part of Object.keys(kinds) as Part[]) if (part !== left) await remove(estate, partOf(part, desktop));
  if (left !== "connection") await dropConnection(estate, desktop);
  await dropUser(estate, desktop);
}

const alone = (what: string) => new RegExp(`^(the|a) ${what} exists without its Deployment$`);

export const leftoversSeeds: readonly Seed[] = [
  {
    username: "only-service",
    what: "of which only the Service is left",
    found: [["service-alone", alone("Service")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "service"),
  },
  {
    username: "only-secret",
    what: "of which only the Secret is left",
    found: [["credential-alone", alone("Secret")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "secret"),
  },
  {
    username: "only-policy",
    what: "of which only the NetworkPolicy is left",
    found: [["network-policy-alone", alone("NetworkPolicy")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "networkPolicy"),
  },
  {
    username: "only-connection",
    what: "of which only the connection is left",
    found: [["connection-alone", alone("connection")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "connection"),
  },
  {
    username: "deployment-deleted",
    what: "whose Deployment was deleted",
    found: [
      ["connection-alone", alone("connection")],
      ["credential-alone", alone("Secret")],
      ["network-policy-alone", alone("NetworkPolicy")],
      ["service-alone", alone("Service")],
    ],
    end: "gone",
    seed: (estate, desktop) => remove(estate, partOf("deployment", desktop)),
  },
  {
    username: "only-pod",
    what: "of which only the pod is left",
    found: [["pod-alone", alone("pod")]],
    end: "gone",
    async seed(estate, desktop) {
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      const deployment = partOf("deployment", desktop);
      await objects.delete(deployment, undefined, undefined, undefined, undefined, "Orphan");
      await vi.waitFor(async () => {
        if (await objects.read(deployment).catch(() => null)) throw new Error("the Deployment is still there");
      });
      await leaveOnly(estate, desktop, "deployment"); // which is gone
    },
  },
];
