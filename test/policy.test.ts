import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { bind, openWorkspace, writePolicy } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** How a workspace's policy shapes its desktops, from the request to the rows. */
let estate: TestEstate;
const policy = "special";

beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

/** Creates a workspace for this test, with alice in it. */
async function workspaceOf(name: string, chosen: string | undefined = policy): Promise<string> {
  await openWorkspace(estate, name, chosen);
  await bind(estate, "alice", name);
  return name;
}

async function parametersIn(workspace: string): Promise<Record<string, string>> {
  const { rows } = await estate.guacamole.query<{ protocol: string; name: string; value: string }>(
    `SELECT c.protocol, p.parameter_name AS name, p.parameter_value AS value
     FROM guacamole_connection_parameter p
     JOIN guacamole_connection c USING (connection_id)
     JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
     WHERE g.connection_group_name = $1`,
    [workspace],
  );
  return Object.fromEntries([
    ["protocol", rows[0]?.protocol ?? ""],
    ...rows.map(({ name, value }) => [name, value] as const),
  ]);
}

async function partsIn(workspace: string) {
  const name = deploymentName({ workspace, username: "alice" });
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const deployment = await estate.kubeconfig.makeApiClient(AppsV1Api).readNamespacedDeployment({ namespace, name });
  const { data } = await core.readNamespacedSecret({ namespace, name: `client-${name}` });
  return {
    password: Buffer.from(data?.["password"] ?? "", "base64").toString(),
    container: deployment.spec?.template.spec?.containers[0],
  };
}

describe("a workspace's policy", () => {
  it.each([
    ["rdp", 3389, { username: "ada", security: "any" }],
    ["ssh", 22, { username: "ada" }],
  ])("brings up an %s desktop with its own login", async (protocol, port, expected) => {
    await writePolicy(estate, policy, { protocol, loginName: "ada", allowPaste: "true", cpuLimit: "4" });
    const workspace = await workspaceOf(`by-${protocol}`);
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    const { password, container } = await partsIn(workspace);
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(container).toMatchObject({
      ports: [{ name: protocol, containerPort: port }],
      resources: { limits: { cpu: "4" } },
    });
    const parameters = await parametersIn(workspace);
    expect(parameters).toMatchObject({ protocol, port: String(port), password, "disable-copy": "true", ...expected });
    expect(parameters).not.toHaveProperty("disable-paste");
  });

  it("takes effect at the next start, even with another protocol, and does not change a running desktop", async () => {
    await writePolicy(estate, policy, { protocol: "vnc" });
    const workspace = await workspaceOf("changing");
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    const before = await estate.world();

    await writePolicy(estate, policy, { protocol: "ssh", port: "2222" });
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(before);

    expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    expect(await parametersIn(workspace)).toMatchObject({ protocol: "ssh", port: "2222" });
    expect((await partsIn(workspace)).container?.ports).toMatchObject([{ name: "ssh", containerPort: 2222 }]);
  });

  it("with another protocol restarts a pod whose access must be repaired, because the old one listens elsewhere", async () => {
    await writePolicy(estate, policy, { protocol: "vnc" });
    const workspace = await workspaceOf("repaired");
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    const { password } = await partsIn(workspace);
    await estate.guacamole.query("DELETE FROM guacamole_connection_permission");

    await writePolicy(estate, policy, { protocol: "rdp" });
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    const parts = await partsIn(workspace);
    expect(parts.container?.ports).toMatchObject([{ name: "rdp", containerPort: 3389 }]);
    expect(parts.password).not.toBe(password);
    expect(await parametersIn(workspace)).toMatchObject({ protocol: "rdp", password: parts.password });
  });

  it.each([
    [{ colour: "red" }, /special.*colour is not a field of a policy/],
    [{ cpuLimit: "lots" }, /cpuLimit is not an amount/],
    [{ guacamoleParameters: "enable-sftp=true" }, /guacamoleParameters has enable-sftp/],
    [null, /there is no such ConfigMap/],
  ])("%j refuses the desktop, names workspace and field, and changes nothing", async (wrong, reason) => {
    await writePolicy(estate, policy, {});
    const workspace = await workspaceOf("refused");
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    await (wrong ? writePolicy(estate, policy, wrong) : workspaceOf("refused", "not-there"));
    const before = await estate.world();

    const reply = await estate.call<{ code: string; detail: string }>("alice", "PUT", "/users/alice/desktop", {
      workspace,
    });
    expect([reply.status, reply.body.code]).toEqual([409, "invalid-policy"]);
    expect(reply.body.detail).toMatch(/^policy of refused /);
    expect(reply.body.detail).toMatch(reason);
    expect(await estate.world()).toEqual(before);
  });

  it("that becomes invalid after a request was accepted fails the operation before anything is changed", async () => {
    await writePolicy(estate, policy, {});
    const workspace = await workspaceOf("too-late");
    const before = await estate.world();
    let broken = false;
    estate.faults.beforeActivity = async ({ name }) => {
      if (name !== "readRequest" || broken) return;
      broken = true;
      await writePolicy(estate, policy, { cpuLimit: "lots" });
    };
    const outcome = await estate.ask("alice", workspace);
    estate.mend();
    expect(outcome).toMatchObject({ state: "failed", code: "invalid-policy", undone: [], leftBehind: [] });
    expect(await estate.world()).toEqual(before);
  });
});
