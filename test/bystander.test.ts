import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";
const bystander = deploymentName({ workspace: asthma, username: "dan" });

let estate: TestEstate;
let before: unknown;

beforeAll(async () => {
  estate = await startTestEstate();
  await bind(estate, "dan", asthma);
  expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
  before = await everythingOfTheBystander();
});
afterAll(() => estate.close());

/** Whole objects with their versions, and whole rows, so that even a write that changes nothing shows. */
async function everythingOfTheBystander() {
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const objects: KubernetesObject[] = [];
  for (const [apiVersion, kind] of [
    ["v1", "Secret"],
    ["v1", "Service"],
    ["discovery.k8s.io/v1", "EndpointSlice"],
    ["v1", "Pod"],
    ["v1", "ConfigMap"],
    ["apps/v1", "Deployment"],
    ["networking.k8s.io/v1", "NetworkPolicy"],
    ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
  ] as const) {
    const { items } = await api.list(apiVersion, kind, namespace);
    objects.push(...items.filter((item) => JSON.stringify(item).includes(bystander) || named(item)));
  }
  const { rows } = await estate.guacamole.query(
    `SELECT c.*, p.*, m.*, u.valid_until, u.timezone, u.disabled, g.*
     FROM guacamole_connection c
     JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
     JOIN guacamole_connection_parameter p ON p.connection_id = c.connection_id
     JOIN guacamole_connection_permission m ON m.connection_id = c.connection_id
     JOIN guacamole_user u ON u.entity_id = m.entity_id
     WHERE c.connection_name = 'dan'
     ORDER BY p.parameter_name`,
  );
  return { objects, rows };
}

function named({ metadata }: KubernetesObject): boolean {
  return [`${asthma}-dan`, `desktop-request-${personId("dan")}`].includes(metadata?.name ?? "");
}

describe("a person's running desktop is not touched when somebody else", () => {
  afterEach(async () => {
    estate.mend();
    await estate.host.whenIdle();
    expect(await everythingOfTheBystander()).toEqual(before);
  });

  it("does nothing yet, and the comparison covers all objects and rows", () => {
    const { objects, rows } = before as { objects: KubernetesObject[]; rows: unknown[] };
    expect(objects.length).toBeGreaterThanOrEqual(8);
    expect(rows.length).toBeGreaterThanOrEqual(5);
  });

  it("gets a desktop in the same workspace", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  });

  it("switches away, and back", async () => {
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  });

  it("suspends their own", async () => {
    expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
  });

  it("fails to start one, with and without leftovers", async () => {
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "grantPermission") throw new Error("[step-failed] the test broke it");
    };
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed", leftBehind: [] });
    estate.faults.beforeActivity = ({ name }) => {
      if (/^(grant|revoke|remove|delete)/.test(name)) throw new Error("[step-failed] the test broke it");
    };
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed", step: "permission" });
  });

  it("asks for it or for its removal", async () => {
    for (const [method, path] of [
      ["PUT", "/users/dan/desktop"],
      ["DELETE", "/users/dan/desktop"],
      ["DELETE", "/users/dan"],
    ] as const)
      expect((await estate.call("alice", method, path, { workspace: asthma })).status).toBe(403);
  });

  it("is retired and no other desktop of the workspace remains", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const { body } = await estate.call("olga", "DELETE", "/users/alice");
    expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
  });
});
