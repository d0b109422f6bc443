import { randomUUID } from "node:crypto";
import type pg from "pg";
import { personId, nameDesktop } from "../../shared/desktop/names.ts";
import {
  deploymentManifest,
  networkPolicyManifest,
  secretManifest,
  serviceManifest,
} from "../../shared/kubernetes/manifests.ts";
import { samplePlan, sampleRules, sampleSite } from "../sample-plan.ts";

/**
 * The least that brings a desktop up with `pg` and `fetch` alone: no host, no history, no retries, and every object new. A new
 * desktop takes 11 requests and one round trip, one that is ready takes one of each, and a switch takes 13 and one.
 */
export function floorOn(server: string, database: pg.Pool) {
  const namespaced = (group: string, kind: string) => `${server}${group}/namespaces/${sampleSite.namespace}/${kind}`;
  const of = {
    configmaps: namespaced("/api/v1", "configmaps"),
    secrets: namespaced("/api/v1", "secrets"),
    services: namespaced("/api/v1", "services"),
    deployments: namespaced("/apis/apps/v1", "deployments"),
    policies: namespaced("/apis/networking.k8s.io/v1", "networkpolicies"),
    workspaces: namespaced("/apis/xlscsde.nhs.uk/v1", "analyticsworkspaces"),
    bindings: namespaced("/apis/xlscsde.nhs.uk/v1", "analyticsworkspacebindings"),
  };

  async function send(method: string, url: string, body?: object): Promise<unknown> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await fetch(url, {
      method,
      headers: { "content-type": type },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** @param before the workspace of the desktop that this one replaces */
  async function bringUp(username: string, workspace: string, before?: string): Promise<void> {
    const id = randomUUID();
    const plan = samplePlan({ username, workspace });
    const start = { id, requestedAt: new Date().toISOString() };
    const binding = `${of.bindings}/${workspace}-${username}`;
    await send("GET", `${of.bindings}?labelSelector=${encodeURIComponent(`xlscsde.nhs.uk/username=${username}`)}`);
    await send("GET", `${of.workspaces}/${workspace}`);
    const record = await putRecord(username, { ...start, username, workspace }, before === undefined);
    if (before !== undefined) {
      const { deployment } = nameDesktop({ workspace: before, username }, sampleRules);
      await send("PATCH", `${of.deployments}/${deployment}`, { spec: { replicas: 0 } });
      await send("PATCH", `${of.bindings}/${before}-${username}`, { spec: { replicas: 0 } });
    }
    await Promise.all([
      send("POST", of.policies, networkPolicyManifest(plan, sampleSite)),
      send("POST", of.secrets, secretManifest(plan, sampleSite, id, "secret")),
      send("POST", of.services, serviceManifest(plan, sampleSite)),
    ]);
    await send("POST", of.deployments, deploymentManifest(plan, sampleSite, start));
    await untilReady(plan.names.deployment);
    await database.query(writeRows, [workspace, username, plan.names.entity, plan.names.host]);
    await send("PATCH", binding, { spec: { replicas: 1 } });
    await send("PATCH", `${binding}/status`, {
      status: { statusText: "ACTIVE", deploymentName: plan.names.deployment },
    });
    await send("PUT", record.url, { ...record.body, data: { ...record.body.data, outcome: "done" } });
  }

  async function putRecord(username: string, request: object, isNew: boolean) {
    const name = `desktop-request-${personId(username)}`;
    const url = `${of.configmaps}/${name}`;
    const body = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { request: JSON.stringify(request) },
    };
    await (isNew ? send("POST", of.configmaps, body) : send("PUT", url, body));
    return { url, body };
  }

  /** One watch, which begins with the Deployment as it is. */
  async function untilReady(name: string): Promise<void> {
    const given = new AbortController();
    const { body } = await fetch(`${of.deployments}?watch=true&fieldSelector=metadata.name%3D${name}`, {
      signal: given.signal,
    });
    if (!body) throw new Error("watch a Deployment: the answer has no body");
    let rest = "";
    const text = body.pipeThrough(new TextDecoderStream());
    for await (const part of text) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      const events = lines.map((line) => JSON.parse(line) as { object: { status?: { readyReplicas?: number } } });
      if (events.some(({ object }) => object.status?.readyReplicas)) break;
    }
    given.abort();
  }

  return {
    bringUp,
    /** Is it ready, and may they open it? */
    async lookAgain(username: string, workspace: string): Promise<void> {
      const { deployment, entity } = nameDesktop({ workspace, username }, sampleRules);
      await send("GET", `${of.deployments}/${deployment}`);
      await database.query(mayOpen, [entity]);
    },
  };
}

const writeRows = `
  WITH found_group AS (
    SELECT connection_group_id FROM guacamole_connection_group WHERE parent_id IS NULL AND connection_group_name = $1 LIMIT 1
  ), new_group AS (
    INSERT INTO guacamole_connection_group (connection_group_name, type)
    SELECT $1, 'ORGANIZATIONAL' WHERE NOT EXISTS (SELECT FROM found_group) RETURNING connection_group_id
  ), the_group AS (SELECT * FROM found_group UNION ALL SELECT * FROM new_group
  ), connection AS (
    INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
    SELECT $2, connection_group_id, 'vnc' FROM the_group RETURNING connection_id
  ), parameters AS (
    INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value)
    SELECT connection_id, name, value FROM connection
    CROSS JOIN (VALUES ('hostname', $4), ('port', '5900'), ('password', 'secret')) AS each (name, value)
  ), entity AS (
    INSERT INTO guacamole_entity (name, type) VALUES ($3, 'USER') RETURNING entity_id
  ), new_user AS (
    INSERT INTO guacamole_user (entity_id, password_hash, password_salt, password_date)
    SELECT entity_id, sha256(salt || 'guacamole-workspaces: no password'::bytea), salt, now()
    FROM entity CROSS JOIN (SELECT decode(repeat('00', 32), 'hex')) AS each (salt)
  ), former AS (
    DELETE FROM guacamole_connection_permission p USING guacamole_entity e
    WHERE e.entity_id = p.entity_id AND e.name LIKE '%@' || $2
  ), on_group AS (
    INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission)
    SELECT entity_id, connection_group_id, 'READ' FROM entity CROSS JOIN the_group
  )
  INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
  SELECT entity_id, connection_id, 'READ' FROM entity CROSS JOIN connection`;

const mayOpen = `
  SELECT 1 FROM guacamole_connection_permission JOIN guacamole_entity e USING (entity_id)
  WHERE e.type = 'USER' AND e.name = $1 AND permission = 'READ'`;
