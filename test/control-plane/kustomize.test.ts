import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import {
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  loadYaml,
  PatchStrategy,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readSettings } from "../../shared/config.ts";
import { describeOnControlPlane } from "./available.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { prepareMilliseconds } from "./prepared.ts";
import { called, render, runKubectl } from "./run-kubectl.ts";
import { containersIn, namesOf, settingsIn } from "./rendered.ts";

interface Folder {
  path: string;
  /** Namespaces that it does not make: the estate has them. */
  needs: readonly string[];
  /** What the site makes, because it is secret. */
  secret?: readonly string[];
}

/** Every folder that somebody applies. */
const folders: readonly Folder[] = [
  { path: "base", needs: [] },
  { path: "overlays/aks", needs: ["guacamole"] },
  {
    path: "overlays/bare-metal",
    needs: ["guacamole"],
    secret: ["Secret guacamole-workspaces/guacamole-workspaces"],
  },
  { path: "overlays/demo", needs: [] },
  { path: "overlays/lsc", needs: ["guacamole", "jupyterhub"] },
  { path: "overlays/lsc-before-adoption", needs: ["guacamole", "jupyterhub"] },
];

type Reference = Parameters<KubernetesObjectApi["read"]>[0];
const named = ({ kind, metadata }: KubernetesObject) => ({ kind, metadata: { name: metadata?.name } });

/** Settings that belong to no manifest: addresses and secrets of the site. */
const ofTheSite = {
  DESKTOP_IMAGE: "example.org/desktop:1",
  DATABASE_URL: "postgres://u:secret@database.example.org/guacamole",
  GUACAMOLE_URL: "https://guacamole.example.org/guacamole",
  OIDC_ISSUER: "https://keycloak.example.org/realms/sde",
  OIDC_AUDIENCE: "guacamole-workspaces",
  OIDC_CLIENTS: "workspace-action",
};

describeOnControlPlane(
  "the manifests in infra/kubernetes",
  () => {
    let plane: ControlPlane;
    let objects: KubernetesObjectApi;
    beforeAll(async () => {
      plane = await startControlPlane(process.env["KUBEBUILDER_ASSETS"] ?? "");
      objects = KubernetesObjectApi.makeApiClient(plane.admin);
    }, prepareMilliseconds);
    afterAll(() => plane.close());

    // What it remembers of a server's kinds is by address, which another test may have had.
    const kubectl = (...args: string[]) =>
      runKubectl([
        `--kubeconfig=${plane.kubeconfigFile}`,
        `--cache-dir=${join(dirname(plane.kubeconfigFile), "cache")}`,
        ...args,
      ]);
    const apply = (path: string, ...more: string[]) =>
      kubectl("apply", "--server-side", "-k", `infra/kubernetes/${path}`, ...more);

    const gatewayApi = new URL("./gateway-api/httproutes.yaml", import.meta.url);
    const route = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };

    // First: the cluster is empty.
    it("are applied to an empty cluster by one command, which may be repeated", async () => {
      const rendered = await render("infra/kubernetes/base");
      const lines = (said: string) => said.trim().split("\n");
      expect(lines(await apply("base"))).toHaveLength(rendered.length);
      expect(lines(await apply("base"))).toEqual(
        rendered.map(() => expect.stringMatching(/ serverside-applied$/) as unknown),
      );
      for (const object of rendered)
        await expect(objects.read(object as Reference)).resolves.toMatchObject(named(object));
    });

    it("say what every field of a binding means", async () => {
      const explain = async (field: string) => (await kubectl("explain", field)).replaceAll(/\s+/g, " ");
      // New kinds are served some moments after they were made.
      const whole = await vi.waitFor(() => explain("awsb"), { timeout: 60_000, interval: 500 });
      expect(whole).toMatch(/DESCRIPTION: Who may use a workspace, and until when/);
      expect(await explain("awsb.spec.claims.operator")).toContain("EQUALS and NOT EQUALS compare with value");
    });

    it("may be followed by the sample people of the demonstration", async () => {
      expect(await apply("overlays/demo/sample", "--dry-run=server")).toContain(
        "asthma-cohort-alice serverside-applied",
      );
    });

    it("may name the Gateway API", async () => {
      const definition = loadYaml<KubernetesObject>(await readFile(gatewayApi, "utf8"));
      await objects.patch(definition, undefined, undefined, "tests", true, PatchStrategy.ServerSideApply);
      await vi.waitFor(() => objects.list(route.apiVersion, route.kind), { timeout: 60_000, interval: 100 });
    });

    describe.each(folders)("$path", ({ path, needs, secret = [] }) => {
      let rendered: KubernetesObject[];
      beforeAll(async () => {
        rendered = await render(`infra/kubernetes/${path}`);
      });

      it("has each object once, and each namespace before what is in it", () => {
        const names = rendered.map(called);
        expect(names).toEqual([...new Set(names)]);
        const known = new Set(needs);
        for (const object of rendered) {
          if (object.kind === "Namespace") known.add(object.metadata?.name ?? "");
          const namespace = object.metadata?.namespace;
          expect(namespace === undefined || known.has(namespace), called(object)).toBe(true);
        }
      });

      it("names only objects that are there", () => {
        const { there, mentioned } = namesOf(rendered);
        for (const name of mentioned) expect([...there, ...secret]).toContain(name);
      });

      it("pins each image by a tag that does not move", () => {
        for (const { image } of containersIn(rendered)) expect(image).toMatch(/:(?!latest$)[^:/]*\d[^:/]*$/);
      });

      it("has settings that the product accepts, for the namespaces that it has rights in", () => {
        const given = settingsIn(rendered);
        const settings = readSettings({ ...ofTheSite, ...given });
        const rolesIn = rendered.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata?.namespace);
        expect(rolesIn).toContain(settings.NAMESPACE);
        expect(rolesIn).toContain(settings.WORKSPACES_NAMESPACE);
        if (settings.GUACAMOLE_LABELS) expect(rolesIn).toContain(settings.GUACAMOLE_NAMESPACE);
      });

      it("lends its account and its namespace to fast-starts, in an overlay on top of it", async () => {
        const site = await realpath(await mkdtemp(join(tmpdir(), "site-")));
        try {
          const to = (folder: string) => relative(site, join(import.meta.dirname, "../../infra/kubernetes", folder));
          const overlay = { resources: [to(path)], components: [to("components/fast-starts")] };
          await writeFile(join(site, "kustomization.yaml"), JSON.stringify(overlay));
          const all = (await render(site)) as (KubernetesObject & { subjects?: unknown })[];
          const find = (kind: string, name: string) =>
            all.find((object) => object.kind === kind && object.metadata?.name === name);
          const desktops = find("RoleBinding", "guacamole-workspaces-desktops");
          const binding = find("RoleBinding", "guacamole-workspaces-fast-starts");
          expect(binding?.subjects).toEqual(desktops?.subjects);
          for (const object of [
            binding,
            find("Role", "guacamole-workspaces-fast-starts"),
            find("NetworkPolicy", "desktop-fast-starts-deny"),
          ])
            expect(object?.metadata?.namespace).toBe(desktops?.metadata?.namespace);
        } finally {
          await rm(site, { recursive: true });
        }
      });

      it("passes a server-side dry run, without a warning", async () => {
        const namespaces = rendered.filter(({ kind }) => kind === "Namespace");
        for (const name of needs) namespaces.push({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
        for (const namespace of namespaces)
          await objects.patch(namespace, undefined, undefined, "tests", true, PatchStrategy.ServerSideApply);
        // The account for pods is made a moment after its namespace.
        const core = plane.admin.makeApiClient(CoreV1Api);
        for (const { metadata } of namespaces)
          await expect
            .poll(() =>
              core.readNamespacedServiceAccount({ namespace: metadata?.name ?? "", name: "default" }).catch(() => null),
            )
            .not.toBeNull();
        const said = await apply(path, "--dry-run=server", "--warnings-as-errors");
        expect(said.trim().split("\n")).toHaveLength(rendered.length);
      });
    });
  },
  ["kubectl"],
);
