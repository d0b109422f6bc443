import { createHash } from "node:crypto";
import {
  CoreV1Api,
  KubernetesObjectApi,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { accepted, namespace, startTestEstate, type TestEstate } from "./estate.ts";

interface Field {
  field: string;
  found?: string;
  wanted?: string;
  differs: boolean;
}
interface Page {
  objects: {
    system: string;
    kind: string;
    name: string;
    there: boolean | null;
    wanted: boolean | null;
    fields: Field[];
  }[];
  drifts: { kind: string; reason: string }[];
  notCompared?: string;
  timeline: {
    kind: string;
    at: string;
    by?: string;
    action?: string;
    reason?: string;
    state?: string;
    operation?: string;
  }[];
  unanswered: string[];
}

let estate: TestEstate;
const [workspace, username] = ["asthma-cohort", "alice"];
const id = deploymentName({ workspace, username });
const page = async (of = id) => (await estate.call<Page>("olga", "GET", `/desktops/${of}`)).body;
const differing = ({ objects }: Page) =>
  objects.flatMap(({ kind, there, wanted, fields }) => [
    ...(wanted !== null && there !== wanted ? [`${kind} ${there ? "there" : "missing"}`] : []),
    ...fields.filter(({ differs }) => differs).map(({ field }) => `${kind} ${field}`),
  ]);

beforeAll(async () => {
  estate = await startTestEstate();
  await estate.ask(username, workspace);
});
afterAll(() => estate.close());

describe("the page of a desktop", () => {
  it("shows every object and row beside how it should be, and none differs", async () => {
    const shown = await page();
    expect(shown.objects.map(({ kind }) => kind)).toEqual([
      ...["Deployment", "Pod", "Secret", "NetworkPolicy", "Service", "AnalyticsWorkspaceBinding"],
      ...["connection group", "connection", "user", "permission", "permission", "permission"],
    ]);
    expect(shown.objects.every(({ there }) => there)).toBe(true);
    expect([differing(shown), shown.drifts, shown.notCompared, shown.unanswered]).toEqual([[], [], undefined, []]);
  });

  it("holds nothing of the password: neither itself, nor in base64, nor a digest", async () => {
    const core = estate.kubeconfig.makeApiClient(CoreV1Api);
    const { items } = await core.listNamespacedSecret({ namespace });
    const encoded = items.flatMap(({ data = {} }) => Object.values(data));
    expect(encoded).toHaveLength(1);
    const text = JSON.stringify(await page());
    for (const value of encoded) {
      const password = Buffer.from(value, "base64").toString();
      expect(password.length).toBeGreaterThan(5);
      for (const secret of [password, value, createHash("sha256").update(password).digest("hex")])
        expect(text).not.toContain(secret);
    }
    const { rows } = await estate.guacamole.query<{ value: string }>(
      "SELECT parameter_value AS value FROM guacamole_connection_parameter WHERE parameter_name = 'password'",
    );
    expect(rows.map(({ value }) => text.includes(value))).toEqual([false]);
  });

  it("shows what somebody changed, and what reconcile would do about it", async () => {
    const network = estate.kubeconfig.makeApiClient(NetworkingV1Api);
    const names = Object.fromEntries((await page()).objects.map(({ kind, name }) => [kind, name]));
    const name = names["NetworkPolicy"] ?? "";
    await network.patchNamespacedNetworkPolicy(
      { namespace, name, body: { spec: { ingress: [{}] } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    await objects.delete({ apiVersion: "v1", kind: "Service", metadata: { name: names["Service"] ?? "", namespace } });
    await estate.guacamole.query(`
      UPDATE guacamole_connection_parameter SET parameter_value = 'false' WHERE parameter_name = 'disable-copy';
      DELETE FROM guacamole_connection_permission`);
    const shown = await page();
    expect(differing(shown)).toEqual([
      "NetworkPolicy spec.ingress[0]._from",
      "NetworkPolicy spec.ingress[0].ports",
      "Service missing",
      "connection parameter disable-copy",
      "permission missing",
    ]);
    const found = (
      await estate.call<{ drifts: { kind: string }[] }>("olga", "POST", "/maintenance/reconcile?dryRun=true")
    ).body;
    expect(shown.drifts.map(({ kind }) => kind).sort()).toEqual(found.drifts.map(({ kind }) => kind).sort());
    await estate.host.trigger("reconcileTimer");
    await estate.host.whenIdle();
    expect(differing(await page())).toEqual([]);
  });

  it("shows what was decided, what became of requests, and which administrator did what and why", async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    accepted(await estate.call("olga", "POST", `/desktops/${id}/extend`, { until, reason: "a long analysis" }));
    const { body } = await estate.call("olga", "POST", `/desktops/${id}/suspend`, { reason: "the registry moves" });
    await estate.end(username, body);
    await estate.ask(username, workspace);
    accepted(await estate.call("olga", "POST", "/maintenance/end-sessions", { workspace, reason: "a breach" }));
    await estate.host.whenIdle();
    const { timeline } = await page();
    const ofAdministrators = timeline.filter(({ kind }) => kind === "administrator");
    expect(ofAdministrators.map(({ by, action, reason }) => [by, action, reason])).toEqual([
      ["olga", "end-sessions", "a breach"],
      ["olga", "suspend", "the registry moves"],
      ["olga", "extend", "a long analysis"],
    ]);
    expect(timeline.map(({ at }) => at)).toEqual(
      timeline
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const ended = timeline.filter(({ kind }) => kind === "operation");
    expect(ended.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    expect(ofAdministrators[1]?.operation).toBe(ended[2]?.operation);
    const path = (ended[2]?.operation ?? "").replace("/api", "");
    expect((await estate.call("olga", "GET", path)).body).toMatchObject({ state: "done" });
  });

  it("shows one that is suspended, of which nothing differs", async () => {
    const shown = await page();
    expect(shown).toMatchObject({ state: "suspended" });
    expect([differing(shown), shown.drifts]).toEqual([[], []]);
  });

  it("keeps what administrators did in the record for as long as its person has something", async () => {
    const core = estate.kubeconfig.makeApiClient(CoreV1Api);
    const record = async () => {
      const { items } = await core.listNamespacedConfigMap({ namespace });
      return items.find(({ metadata }) => metadata?.name?.startsWith("desktop-request-"))?.data ?? {};
    };
    expect(Object.keys(await record())).toContain("interventions");
    const { body } = await estate.call("olga", "DELETE", `/users/${username}`);
    await estate.end("olga", body);
    expect(Object.keys(await record())).not.toContain("interventions");
  });
});
