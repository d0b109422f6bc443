import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { applyDefaultDeny } from "../local/sample-estate.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { everythingIn } from "./told-apart.ts";

const cohort = "cohort";
let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate(undefined, { ISOLATION: "required" });
  await openWorkspace(estate, cohort);
  for (const username of ["early", "late"]) await bind(estate, username, cohort);
});
afterAll(() => estate.close());

const allowEverything = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "allow-everything", namespace },
  // lsc-sde/iac-flux-guacamole, guacamole/networkpolicy.yaml (ee1050f).
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] },
} as KubernetesObject;
const edges = ["ingress from everywhere on every port", "egress to everywhere on every port"];
const notClosed = expect.stringContaining("apply infra/kubernetes/base/default-deny.yaml") as string;
const admin = async (path: string) => (await estate.call<Record<string, unknown>>("olga", "GET", path)).body;

it("with ISOLATION=required no desktop is started while another network policy opens it, and all is shown", async () => {
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const early = `/desktops/${deploymentName({ workspace: cohort, username: "early" })}`;
  expect(await endOf(estate, await askFor(estate, "early", cohort))).toMatchObject({ state: "done" });
  expect(await admin(early)).not.toHaveProperty("isolation");
  expect(await admin("/desktops")).not.toHaveProperty("isolation");
  expect(await admin("/health/ready")).toMatchObject({ status: "ready", isolation: [] });

  await objects.create(allowEverything);
  const before = await everythingIn(estate);
  expect(await endOf(estate, await askFor(estate, "late", cohort))).toMatchObject({
    state: "failed",
    code: "isolation-open",
    reason: expect.stringContaining(`allow-everything: ${edges.join("; ")}`) as string,
  });
  const after = await everythingIn(estate);
  expect([after.world.objects, after.rows]).toEqual([before.world.objects, before.rows]);

  const words = `NetworkPolicy allow-everything opens 1 desktop beyond what the product allows: ${edges.join("; ")}`;
  expect(await admin(early)).toMatchObject({
    state: "ready",
    isolation: edges.map((edge) => `NetworkPolicy allow-everything: ${edge}`),
  });
  expect(await admin("/desktops")).toMatchObject({ isolation: [words] });
  expect(await admin("/health/ready")).toMatchObject({ status: "ready", isolation: [words] });
  const anybody = (await (await fetch(`${estate.host.url}/api/health/ready`)).json()) as object;
  expect(anybody).not.toHaveProperty("isolation");

  expect(await admin("/health/ready")).toMatchObject({ gaps: expect.arrayContaining([notClosed]) as unknown });
  await objects.delete(allowEverything);
  await applyDefaultDeny(estate.kubeconfig, namespace);
  const { gaps, isolation } = await admin("/health/ready");
  expect([gaps, isolation]).toEqual([expect.not.arrayContaining([notClosed]), []]);
  expect(await endOf(estate, await askFor(estate, "late", cohort))).toMatchObject({ state: "done" });
});
