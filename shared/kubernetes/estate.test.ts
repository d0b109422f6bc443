import type { V1SelfSubjectAccessReview } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import type { Cluster } from "./cluster.ts";
import { estateIn } from "./estate.ts";

it("asks for a few rights at once: starts of desktops take turns with the doctor's calls", async () => {
  let [running, most] = [0, 0];
  const cluster = {
    async review(question: V1SelfSubjectAccessReview) {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return { spec: question.spec, status: { allowed: question.spec.resourceAttributes?.verb !== "verb 30" } };
    },
  } as unknown as Cluster;
  const site = { namespace: "n", dns: [], guacd: { namespace: "n", labels: {} } };
  const needed = Array.from({ length: 45 }, (_, at) => ({
    ...{ group: "", resource: "pods", namespace: "n" },
    verb: `verb ${at}`,
  }));
  expect(await estateIn(cluster, site).missingRights(needed)).toEqual([needed[30]]);
  expect(most).toBe(4);
});
