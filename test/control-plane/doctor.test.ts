import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdmissionregistrationV1Api,
  CoreV1Api,
  type KubeConfig,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { closedAddress, doctorSays, inState, wordsOf } from "../doctor/doctor.ts";
import { describeOnControlPlane } from "./available.ts";
import { applyManifest } from "./custom-resources.ts";
import { namespace, prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

const ofCluster = [
  "cluster",
  "cluster-rights",
  "custom-resources",
  "admission-policy",
  "default-deny",
  "isolation",
  "guacd",
  "guacamole",
] as const;

describeOnControlPlane("the doctor, as the product's account on a real API server", () => {
  let prepared: Prepared;
  let folder: string;
  let settings: Record<string, string>;
  /** Nobody listens there. */
  let nowhere: string;

  const kubeconfig = async (name: string, config: KubeConfig) => {
    const file = join(folder, name);
    await writeFile(file, config.exportConfig());
    return file;
  };
  const api = <T extends Parameters<KubeConfig["makeApiClient"]>[0]>(type: T) =>
    prepared.plane.admin.makeApiClient(type) as InstanceType<T>;
  /** The API server goes by a changed role or policy within moments. */
  const untilSaid = (expected: (checks: Awaited<ReturnType<typeof doctorSays>>["checks"]) => void) =>
    vi.waitFor(
      async () => {
        expected((await doctorSays(settings)).checks);
      },
      { timeout: 30_000, interval: 200 },
    );

  beforeAll(async () => {
    prepared = await prepare();
    nowhere = await closedAddress();
    folder = await mkdtemp(join(tmpdir(), "doctor-"));
    settings = {
      KUBECONFIG: await kubeconfig("product", prepared.plane.as(prepared.token)),
      NAMESPACE: namespace,
      GUACAMOLE_LABELS: "app=guacamole",
      DESKTOP_IMAGE: "example.org/desktop:1",
      // Only the cluster is looked at here: nobody listens at the others.
      DATABASE_URL: `${nowhere.replace("http:", "postgres:").replace("//", "//nobody:nothing@")}/guacamole`,
      GUACAMOLE_URL: `${nowhere}/guacamole`,
      OIDC_ISSUER: `${nowhere}/realms/sde`,
      OIDC_AUDIENCE: "guacamole-workspaces",
      OIDC_CLIENTS: "workspace-action",
    };
    for (const app of ["guacd", "guacamole"]) {
      const pod = {
        metadata: { name: app, labels: { app } },
        spec: { containers: [{ name: app, image: "example.org/x:1" }] },
      };
      await api(CoreV1Api).createNamespacedPod({ namespace, body: pod });
    }
    await api(CoreV1Api).createNamespace({ body: { metadata: { name: "jupyterhub" } } });
  }, prepareMilliseconds);
  afterAll(async () => {
    await prepared.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("finds nothing wrong with access.yaml, admission.yaml and default-deny.yaml, and says what the role hides", async () => {
    const { checks } = await doctorSays(settings);
    for (const name of ofCluster)
      expect([name, checks.get(name)?.state, wordsOf(checks, name)]).toEqual([name, "ok", ""]);
    expect(inState(checks, "not known")).toEqual(expect.arrayContaining(["destinations", "dns"]));
    expect(wordsOf(checks, "destinations")).toBe(
      "DESKTOP_DESTINATIONS: whether there are pods in the namespace jupyterhub with app=jupyterhub is hidden from the product's account (run kubectl get pods --namespace jupyterhub --selector app=jupyterhub, or the doctor with --administrator)",
    );
  });

  it("looks into other namespaces with an administrator's kubeconfig", async () => {
    const administrator = await kubeconfig("administrator", prepared.plane.admin);
    const { checks } = await doctorSays(settings, ["--administrator", administrator]);
    expect(wordsOf(checks, "destinations")).toMatch(
      /^DESKTOP_DESTINATIONS: no pod in the namespace jupyterhub with app=jupyterhub \(/,
    );
    expect(checks.get("dns")?.state).toBe("wrong");
    expect(checks.get("cluster-rights")?.state).toBe("ok");
  });

  it("names each right that a role lost, and no other", async () => {
    const rbac = api(RbacAuthorizationV1Api);
    const name = "guacamole-workspaces-desktops";
    const { rules = [] } = await rbac.readNamespacedRole({ namespace, name });
    const without = rules.map((rule) =>
      rule.resources?.[0] === "endpointslices" ? { ...rule, verbs: ["list"] } : rule,
    );
    await rbac.replaceNamespacedRole({ namespace, name, body: { metadata: { name }, rules: without } });
    await untilSaid((checks) => {
      expect(wordsOf(checks, "cluster-rights")).toBe(
        "the product's account may not watch endpointslices.discovery.k8s.io in the namespace guacamole (apply your overlay of infra/kubernetes again)",
      );
    });
    await rbac.deleteNamespacedRoleBinding({ namespace, name });
    await untilSaid((checks) => {
      const words = wordsOf(checks, "cluster-rights");
      expect(words.split("\n")).toHaveLength(8);
      expect(words).toMatch(/may not get, create, patch, delete secrets in the namespace guacamole/);
      expect(words).not.toMatch(/analyticsworkspace/);
    });
    await applyManifest(prepared.plane, "base/access");
    await untilSaid((checks) => {
      expect(checks.get("cluster-rights")?.state).toBe("ok");
    });
  });

  it("notices that PREPULL needs more than access.yaml gives", async () => {
    const { checks } = await doctorSays({ ...settings, PREPULL: "on" });
    expect(wordsOf(checks, "cluster-rights")).toMatch(
      /^the product's account may not get, list, create, patch, delete daemonsets\.apps .* \(add infra\/kubernetes\/components\/fast-starts to your overlay/,
    );
  });

  it("notices a policy that opens desktops, and that nothing closes them", async () => {
    const networking = api(NetworkingV1Api);
    const open = {
      metadata: { name: "allow-all" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] },
    };
    await networking.createNamespacedNetworkPolicy({ namespace, body: open });
    await networking.deleteNamespacedNetworkPolicy({ namespace, name: "desktops-default-deny" });
    const { checks } = await doctorSays(settings);
    expect(inState(checks, "wrong").filter((name) => (ofCluster as readonly string[]).includes(name))).toEqual([
      "default-deny",
      "isolation",
    ]);
    expect(wordsOf(checks, "isolation")).toMatch(
      /^NetworkPolicy allow-all opens desktops beyond what the product allows: /,
    );
    await networking.deleteNamespacedNetworkPolicy({ namespace, name: "allow-all" });
    await applyManifest(prepared.plane, "base/default-deny");
  });

  it("notices that the admission policy is gone, and tries nothing that is kept", async () => {
    const admission = api(AdmissionregistrationV1Api);
    await admission.deleteValidatingAdmissionPolicyBinding({ name: "guacamole-workspaces" });
    await untilSaid((checks) => {
      expect(checks.get("admission-policy")?.state).toBe("wrong");
    });
    const { items } = await api(CoreV1Api).listNamespacedConfigMap({ namespace });
    expect(items.map(({ metadata }) => metadata?.name)).not.toContain("guacamole-workspaces-doctor");
    await applyManifest(prepared.plane, "base/admission");
    await untilSaid((checks) => {
      expect(checks.get("admission-policy")?.state).toBe("ok");
    });
  });

  it.each([
    [
      "a token that is none",
      (config: KubeConfig) => {
        config.users.forEach((user) => Object.assign(user, { token: "nothing" }));
      },
      /does not accept the product's credential/,
    ],
    [
      "another CA",
      (config: KubeConfig) => {
        config.clusters.forEach((each) =>
          Object.assign(each, { caData: undefined, caFile: undefined, skipTLSVerify: false }),
        );
      },
      /certificate is not trusted/,
    ],
    [
      "another port",
      (config: KubeConfig) => {
        config.clusters.forEach((each) => Object.assign(each, { server: nowhere.replace("http:", "https:") }));
      },
      /the API server does not answer/,
    ],
  ])("blames the way to the API server alone for %s", async (what, change, words) => {
    const config = prepared.plane.as(prepared.token);
    change(config);
    const { checks } = await doctorSays({ ...settings, KUBECONFIG: await kubeconfig("changed", config) });
    expect([what, wordsOf(checks, "cluster")]).toEqual([what, expect.stringMatching(words)]);
    for (const name of ofCluster.slice(1)) expect([name, checks.get(name)?.state]).toEqual([name, "not known"]);
  });
});
