import { PatchStrategy, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, deploymentNamed, refusalOf, watchUntil } from "../contract/clients.ts";
import { isReady, namespace, podOf, startStage, type Stage } from "../testing.ts";

let on: Stage;
beforeAll(async () => {
  on = await startStage();
});
afterAll(() => on.cluster.close());

interface Answer {
  code: number;
  body: Record<string, unknown>;
}
const send = async (method: string, path: string, body?: string, type = "application/json"): Promise<Answer> => {
  const headers = { "content-type": type };
  const response = await fetch(`${on.cluster.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { code: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe("the server", () => {
  // A real server sends one too, at times of its choice.
  it("sends a bookmark before a watch times out, if requested", async () => {
    const query = { allowWatchBookmarks: "true", timeoutSeconds: "3", labelSelector: "suite=none" };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const events = await watchUntil<V1ConfigMap>(on, path, query, ({ type }) => type === "BOOKMARK");
    expect(Number(events.at(-1)?.object.metadata?.resourceVersion)).toBeGreaterThan(0);
  });

  it("accepts YAML in an apply, and keeps dates as written", async () => {
    const yaml = `---
apiVersion: xlscsde.nhs.uk/v1
kind: AnalyticsWorkspaceBinding
metadata:
  name: in-yaml
spec:
  workspace: lung-cancer
  username: ada
  expires: 2030-12-31
  comments: |
    two
    lines
`;
    const path = `/apis/xlscsde.nhs.uk/v1/namespaces/${namespace}/analyticsworkspacebindings/in-yaml?fieldManager=us`;
    const { code, body } = await send("PATCH", path, yaml, "application/apply-patch+yaml");
    expect(code).toBe(201);
    expect(body["spec"]).toMatchObject({ expires: "2030-12-31", comments: "two\nlines\n", replicas: 0 });
  });

  it("keeps a NetworkPolicy's `from`, which YAML and the client's models spell differently", async () => {
    const yaml = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: inward},
      spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: guacd}}}]}]}}`;
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/inward?fieldManager=us`;
    const { body } = await send("PATCH", path, yaml, "application/apply-patch+yaml");
    expect(body["spec"]).toMatchObject({ ingress: [{ from: [{ podSelector: { matchLabels: { app: "guacd" } } }] }] });
  });

  it("returns 400 for a body that is neither JSON nor YAML, and 415 for another media type", async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    expect(await send("POST", path, "{")).toMatchObject({ code: 400, body: { kind: "Status", reason: "BadRequest" } });
    expect((await send("POST", path, "{}", "text/plain")).code).toBe(415);
  });

  it("serves discovery documents", async () => {
    const { body } = await send("GET", "/apis/apps/v1");
    const names = (body["resources"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["deployments", "deployments/scale", "deployments/status", "replicasets"]),
    );
    expect((await send("GET", "/apis")).body).toMatchObject({ kind: "APIGroupList" });
    expect((await send("GET", "/version")).body).toMatchObject({ major: "1", minor: "37" });
  });

  it("records who scaled: applying different replicas is a conflict with them, and force takes ownership", async () => {
    const at = { name: "contended", namespace };
    const apply = (replicas: number, force: boolean): Promise<unknown> => {
      const body = deploymentNamed("contended", { replicas });
      return on.apps.patchNamespacedDeployment(
        { ...at, body, fieldManager: "us", force },
        as(PatchStrategy.ServerSideApply),
      );
    };
    await apply(0, false);
    const scale = { ...at, body: { spec: { replicas: 1 } }, fieldManager: "keycloak" };
    await on.apps.patchNamespacedDeploymentScale(scale, as(PatchStrategy.MergePatch));
    const refused = await refusalOf(apply(0, false));
    expect(refused).toMatchObject({ code: 409, fields: [".spec.replicas"] });
    expect(refused.message).toContain('"keycloak" with subresource "scale"');
    await apply(0, true);
    expect((await on.apps.readNamespacedDeployment(at)).spec?.replicas).toBe(0);
  });

  it("finds the events of an object and the pods of a phase by field selectors", async () => {
    await on.apps.createNamespacedDeployment({ namespace, body: deploymentNamed("found", { replicas: 1 }) });
    const pod = await podOf(on, "found", isReady);
    const name = pod.metadata?.name ?? "";
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    const events = await on.core.listNamespacedEvent({ namespace, fieldSelector });
    expect(events.items.map((event) => event.reason).sort()).toEqual(["Created", "Pulled", "Scheduled", "Started"]);
    const running = await on.core.listNamespacedPod({
      namespace,
      fieldSelector: "status.phase=Running",
      labelSelector: "app=found",
    });
    expect(running.items).toHaveLength(1);
    const pending = await on.core.listNamespacedPod({
      namespace,
      fieldSelector: "status.phase=Pending",
      labelSelector: "app=found",
    });
    expect(pending.items).toEqual([]);
  });
});
