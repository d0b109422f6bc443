import { AppsV1Api, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { canonicalUsername, deploymentName, personId } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

/** Usernames as bindings spell them. Whatever activates can be read, suspended, retired, adopted and found by scaling. */
let estate: TestEstate;
let objects: KubernetesObjectApi;
const workspace = "asthma-cohort";
const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(() => {
  estate.log.length = 0;
});

let count = 0;

/** Binds a person, as this username is spelled. Returns the binding's name. */
async function bindSpelled(username: string, more: object = {}): Promise<string> {
  count += 1;
  const name = `spelled-${count}`;
  const spec = { workspace, username, expires: "2099-12-31", ...more };
  await objects.create({ ...kind, metadata: { name, namespace }, spec } as KubernetesObject);
  return name;
}

async function bindingNow(name: string) {
  type Read = KubernetesObject & { spec: { replicas?: number }; status?: { statusText?: string } };
  return objects.read<Read>({ ...kind, metadata: { name, namespace } });
}

async function scale(name: string, replicas: number): Promise<void> {
  const binding = { ...kind, metadata: { name, namespace }, spec: { replicas } };
  await objects.patch(binding, undefined, undefined, "keycloak", undefined, PatchStrategy.MergePatch);
}

async function follow(): Promise<void> {
  vi.setSystemTime(Date.now() + 30_000);
  await estate.host.trigger("followScaling");
  await estate.host.whenIdle();
}

async function done(method: string, path: string, body?: object): Promise<void> {
  const asked = await estate.callAsService(method, path, body);
  expect(asked.status, JSON.stringify(asked.body)).toBeLessThan(300);
  await ended(asked.body.id);
}

async function ended(id: string): Promise<void> {
  await estate.host.whenIdle();
  const { body } = await estate.callAsService("GET", `/operations/${id}`);
  expect(body).toMatchObject({ state: "done" });
}

async function desktopOf(path: string): Promise<unknown> {
  const { body } = await estate.callAsService<{ state: string; guacamoleUsername?: string }>("GET", `${path}/desktop`);
  return [body.state, body.guacamoleUsername];
}

/** Retires a person as offboarding does, by a path in this spelling. */
async function retire(path: string): Promise<void> {
  const { body } = await estate.call("olga", "DELETE", path);
  expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
}

/** Deployments of this person, and rows named after them, in any spelling. */
async function leftOf(username: string): Promise<unknown> {
  const { items } = await estate.kubeconfig.makeApiClient(AppsV1Api).listNamespacedDeployment({ namespace });
  const deployments = items.filter(
    ({ metadata, spec }) =>
      ({ ...spec?.template.metadata?.annotations, ...metadata?.annotations })[
        "xlscsde.nhs.uk/username"
      ]?.toLowerCase() === username,
  );
  const { rows } = await estate.guacamole.query<{ name: string }>(
    `SELECT connection_name AS name FROM guacamole_connection WHERE lower(connection_name) = $1
     UNION ALL SELECT name FROM guacamole_entity WHERE lower(name) = $2 `,
    [username, `${workspace}@${username}`],
  );
  return [deployments.length, ...rows.map(({ name }) => name).sort()];
}

/** What `leftOf` finds of one desktop whose rows are named after this spelling. */
function oneDesktop(spelled: string): unknown {
  return [1, ...[`${workspace}@${spelled}`, spelled].sort()];
}

const spellings = [
  "jo+sde@example.org",
  "jo-sde@example.org",
  "Jane.Doe@Example.org",
  "O'Brien@example.org",
  "_service",
  "trailing.",
  "constructor",
  "50" + "x".repeat(60),
];

describe.each(spellings)("a person whose binding spells %s", (spelled) => {
  const username = canonicalUsername(spelled);
  const paths = [spelled, username].map((name) => `/users/${encodeURIComponent(name)}`) as [string, string];
  const rawPath = `/users/${spelled}`;
  let binding: string;
  beforeEach(async () => {
    binding = await bindSpelled(spelled);
  });
  /** Whatever a test made of a person can be retired, so that nothing is left. */
  afterEach(async () => {
    await retire(paths[0]);
    expect(await leftOf(username)).toEqual([0]);
    await objects.delete({ ...kind, metadata: { name: binding, namespace } }).catch(() => undefined);
    const record = `desktop-request-${personId(username)}`;
    await objects.delete({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: record, namespace } });
  });

  it("can ask, be read, and be suspended, by a path in any spelling", async () => {
    for (const path of [...paths, rawPath]) {
      await done("PUT", `${path}/desktop`, { workspace });
      expect(await desktopOf(path)).toEqual(["ready", `${workspace}@${username}`]);
      const { body } = await estate.callAsService<{ username: string; workspaces: object[] }>(
        "GET",
        `${path}/workspaces`,
      );
      expect(body).toMatchObject({
        username,
        workspaces: [{ workspace, entitled: true, desktop: { state: "ready" } }],
      });
    }
    expect(await leftOf(username)).toEqual(oneDesktop(username));
    await done("DELETE", `${paths[0]}/desktop`);
    expect(await desktopOf(paths[1])).toEqual(["suspended", undefined]);
  });

  it("is found by scaling", async () => {
    await scale(binding, 1);
    await follow();
    expect(await desktopOf(paths[0])).toEqual(["ready", `${workspace}@${username}`]);
    await scale(binding, 0);
    await follow();
    await follow();
    expect(await desktopOf(paths[0])).toEqual(["suspended", undefined]);
  });

  it("is adopted with what the operator left them, in the same rows", async () => {
    const connection = await leaveDesktop(estate, { username: spelled, workspace, replicas: 1, binding });
    const plan = await estate.call<Plan>("olga", "POST", "/maintenance/adopt?dryRun=true");
    expect(plan.body).toMatchObject({ people: [{ username, wants: workspace }], leftAlone: [] });
    expect(await leftOf(username)).toEqual(oneDesktop(spelled));

    const { body } = await estate.call<Plan>("olga", "POST", "/maintenance/adopt");
    await ended(body.people[0]?.operation.split("/").at(-1) ?? "");
    expect(await desktopOf(paths[0])).toEqual(["ready", `${workspace}@${username}`]);
    expect(await connectionOf(username)).toEqual([{ name: username, id: connection }]);
  });

  it("keeps what the operator left when they ask before anybody adopts it", async () => {
    const connection = await leaveDesktop(estate, { username: spelled, workspace, replicas: 1, binding });
    await done("PUT", `${paths[0]}/desktop`, { workspace });
    expect(await connectionOf(username)).toEqual([{ name: username, id: connection }]);
  });

  it("is suspended from what the operator left: nobody may open it any more", async () => {
    await leaveDesktop(estate, { username: spelled, workspace, replicas: 1, binding });
    await done("DELETE", `${paths[0]}/desktop`);
    const { rows } = await estate.guacamole.query("SELECT FROM guacamole_connection_permission");
    expect(rows).toEqual([]);
  });

  it("is retired with what the operator left and nobody adopted", async () => {
    await leaveDesktop(estate, { username: spelled, workspace, replicas: 1, binding });
    await objects.delete({ ...kind, metadata: { name: binding, namespace } });
  });
});

async function connectionOf(username: string) {
  const { rows } = await estate.guacamole.query<{ name: string; id: number }>(
    `SELECT connection_name AS name, connection_id AS id FROM guacamole_connection WHERE lower(connection_name) = $1`,
    [username],
  );
  return rows;
}

interface Plan {
  people: { username: string; wants: string | null; operation: string }[];
  leftAlone: { deployment: string; reason: string }[];
}

describe.each(["jörg", "jo\u0308rg", "\u0130lker", "groß", "a b", "a/b", "..", "<b>", "x".repeat(129), "\u212Aate"])(
  "a binding for %j, which cannot be a username,",
  (spelled) => {
    it("is refused in words when it is scaled, and makes no desktop", async () => {
      const name = await bindSpelled(spelled, { replicas: 1 });
      await follow();
      const { spec, status } = await bindingNow(name);
      expect([spec.replicas, status?.statusText]).toEqual([
        0,
        expect.stringMatching(/^REFUSED: .* cannot be a username: it has 1 to 128 ASCII letters/),
      ]);
      expect(await leftOf(spelled.toLowerCase())).toEqual([0]);
    });

    it("is refused in words when a desktop of the operator's is to be adopted", async () => {
      const name = await bindSpelled(spelled);
      if (spelled.length > 128) return; // Guacamole has no row for it, so the operator left nothing
      await leaveDesktop(estate, { username: spelled, workspace, replicas: 0, binding: name });
      const { body } = await estate.call<Plan>("olga", "POST", "/maintenance/adopt?dryRun=true");
      expect(body.people).toEqual([]);
      expect(body.leftAlone.at(-1)?.reason).toMatch(/cannot be a username: it has 1 to 128 ASCII letters/);
    });

    it("is refused in words by the API", async () => {
      const { status, body } = await estate.callAsService<{ code: string }>(
        "PUT",
        `/users/${encodeURIComponent(spelled)}/desktop`,
        { workspace },
      );
      // `..` never arrives as a segment.
      expect(spelled === ".." ? [404] : [status, body.code]).toEqual(
        spelled === ".." ? [404] : [400, "malformed-username"],
      );
    });
  },
);

it("two bindings that differ only by case are one person's, with one desktop", async () => {
  const [first, second] = [await bindSpelled("Two.Ways"), await bindSpelled("two.ways", { replicas: 1 })];
  await follow();
  expect(await leftOf("two.ways")).toEqual(oneDesktop("two.ways"));
  await scale(first, 1);
  await follow();
  expect(await leftOf("two.ways")).toEqual(oneDesktop("two.ways"));
  await scale(second, 0);
  await follow();
  await follow();
  expect(await desktopOf("/users/two.ways")).toEqual(["ready", `${workspace}@two.ways`]);
  await retire("/users/TWO.WAYS");
  expect(await leftOf("two.ways")).toEqual([0]);
});

describe("a desktop that an earlier release made under another spelling", () => {
  const spelled = "Up.Grade";
  const username = "up.grade";
  const parts = [
    ["apps/v1", "Deployment", ""],
    ["v1", "Service", "client-"],
    ["v1", "Secret", "client-"],
    ["networking.k8s.io/v1", "NetworkPolicy", "client-"],
  ] as const;

  beforeEach(async () => {
    await bindSpelled(spelled);
    await done("PUT", `/users/${username}/desktop`, { workspace });
    const called = deploymentName({ workspace, username: spelled });
    const metadata = {
      annotations: { "xlscsde.nhs.uk/username": spelled },
      labels: { "xlscsde.nhs.uk/person": personId(spelled) },
    };
    for (const [apiVersion, kind, prefix] of parts)
      await objects.patch(
        { apiVersion, kind, metadata: { ...metadata, name: `${prefix}${called}`, namespace } },
        undefined,
        undefined,
        "guacamole-workspaces",
        undefined,
        PatchStrategy.MergePatch,
      );
    const rename = "SET connection_name = $1 WHERE connection_name = $2";
    await estate.guacamole.query(`UPDATE guacamole_connection ${rename}`, [spelled, username]);
    await estate.guacamole.query("UPDATE guacamole_entity SET name = $1 WHERE name = $2", [
      `${workspace}@${spelled}`,
      `${workspace}@${username}`,
    ]);
    const record = { metadata: { name: `desktop-request-${personId(username)}`, namespace } };
    await objects.delete({ apiVersion: "v1", kind: "ConfigMap", ...record });
    expect(await leftOf(username)).toEqual(oneDesktop(spelled));
  });
  afterEach(async () => {
    for (const name of await bindingsOf(username)) await objects.delete({ ...kind, metadata: { name, namespace } });
  });

  it("is still theirs", async () => {
    const { body } = await estate.call<{ drifts: { kind: string }[] }>(
      "olga",
      "POST",
      "/maintenance/reconcile?dryRun=true",
    );
    expect(body.drifts.filter(({ kind: found }) => found === "entitlement-ended")).toEqual([]);
    await retire(`/users/${username}`);
  });

  it("is theirs under the canonical form when they ask", async () => {
    await done("PUT", `/users/${username}/desktop`, { workspace });
    expect(await leftOf(username)).toEqual(oneDesktop(username));
    expect(await desktopOf(`/users/${username}`)).toEqual(["ready", `${workspace}@${username}`]);
    await retire(`/users/${username}`);
    expect(await leftOf(username)).toEqual([0]);
  });

  it("is suspended by any path that names its person", async () => {
    await done("DELETE", `/users/${username}/desktop`);
    expect(await desktopOf(`/users/${username}`)).toEqual(["suspended", undefined]);
    await retire(`/users/${username}`);
  });

  it("is retired by any path that names its person", async () => {
    await retire(`/users/${username}`);
    expect(await leftOf(username)).toEqual([0]);
  });
});

async function bindingsOf(username: string): Promise<string[]> {
  type Read = KubernetesObject & { spec: { username?: string } };
  const { items } = await objects.list<Read>(kind.apiVersion, kind.kind, namespace);
  return items
    .filter(({ spec }) => canonicalUsername(spec.username ?? "") === username)
    .map(({ metadata }) => metadata?.name ?? "");
}
