/**
 * A Kubernetes API that only lists: the given number of desktops with their requests and bindings, in pages, as an API
 * server sends them. It runs in its own process, so that its work and memory are not measured, and prints its address.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { personId } from "../../shared/desktop/names.ts";
import { deploymentManifest } from "../../shared/kubernetes/manifests.ts";
import { samplePlan, sampleSite } from "../sample-plan.ts";
import { desktopOf, startOf, workspaces } from "./many-desktops.ts";

const count = Number(process.argv[2]);
const now = new Date(process.argv[3] ?? "");
const everyDesktop = Array.from({ length: count }, (_, index) => ({ index, ...desktopOf(index) }));

/** About as long as the field ownership that server-side apply and the controllers leave in an object. */
const managedFields = ["guacamole-workspaces", "kube-controller-manager"].map((manager) => ({
  manager,
  operation: "Apply",
  apiVersion: "apps/v1",
  time: now.toISOString(),
  fieldsType: "FieldsV1",
  fieldsV1: {
    "f:spec": Object.fromEntries(Array.from({ length: 40 }, (_, field) => [`f:field${field}`, { ".": {} }])),
  },
}));

const lists: Record<string, string[]> = {
  deployments: everyDesktop.map(({ index, workspace, username }) => {
    const start = { id: `request-${index}`, requestedAt: startOf(index, now) };
    const manifest = deploymentManifest(samplePlan({ workspace, username }), sampleSite, start);
    const condition = { type: "Available", status: "True", lastTransitionTime: start.requestedAt };
    return JSON.stringify({
      ...manifest,
      metadata: Object.assign(manifest.metadata ?? {}, {
        uid: `uid-${index}`,
        resourceVersion: String(index),
        managedFields,
      }),
      status: { replicas: 1, readyReplicas: 1, availableReplicas: 1, conditions: [condition] },
    });
  }),
  configmaps: everyDesktop.map(({ index, workspace, username }) => {
    const requestedAt = startOf(index, now);
    const request = { id: `request-${index}`, username, workspace, requestedAt, claims: {} };
    const outcomes = { [request.id]: { state: "done", at: requestedAt, message: "the desktop is ready" } };
    const labels = {
      "xlscsde.nhs.uk/managedBy": "guacamole-workspaces",
      "xlscsde.nhs.uk/purpose": "desktop-request",
      "xlscsde.nhs.uk/person": personId(username),
    };
    return JSON.stringify({
      metadata: { name: `desktop-request-${personId(username)}`, namespace: "guacamole", labels },
      data: { request: JSON.stringify(request), outcomes: JSON.stringify(outcomes) },
    });
  }),
  analyticsworkspacebindings: everyDesktop.map(({ index, workspace, username }) =>
    JSON.stringify({
      metadata: { name: `binding-${index}`, namespace: "guacamole" },
      spec: { workspace, username, expires: "2099-12-31" },
    }),
  ),
  analyticsworkspaces: workspaces.map((name) =>
    JSON.stringify({
      metadata: { name, namespace: "guacamole" },
      spec: {
        displayName: name,
        description: name,
        validity: { availableFrom: "2020-01-01", expires: "2099-12-31" },
      },
    }),
  ),
};

const listed: Record<string, [apiVersion: string, kind: string]> = {
  deployments: ["apps/v1", "Deployment"],
  configmaps: ["v1", "ConfigMap"],
  analyticsworkspaces: ["xlscsde.nhs.uk/v1", "AnalyticsWorkspace"],
  analyticsworkspacebindings: ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const last = pathname.split("/").at(-1) ?? "";
  response.setHeader("content-type", "application/json");
  const all = lists[last];
  if (!all) {
    // Clients discover kinds before they list them. Single objects do not exist here.
    const kinds = kindsOf(pathname);
    if (kinds) response.end(JSON.stringify({ kind: "APIResourceList", resources: kinds }));
    else response.writeHead(404).end(JSON.stringify({ kind: "Status", code: 404, message: "there is none" }));
    return;
  }
  const first = Number(searchParams.get("continue") ?? 0);
  const limit = Number(searchParams.get("limit") ?? all.length);
  const next = first + limit < all.length ? String(first + limit) : undefined;
  const page = all.slice(first, first + limit).join(",");
  const [apiVersion, kind] = listed[last] ?? [];
  response.end(
    `{"apiVersion":"${apiVersion ?? ""}","kind":"${kind ?? ""}List","metadata":${JSON.stringify({ continue: next })},"items":[${page}]}`,
  );
});

function kindsOf(pathname: string): object[] | undefined {
  const kind = (name: string, called: string) => ({ name, kind: called, namespaced: true, verbs: ["list"] });
  if (pathname === "/api/v1") return [kind("configmaps", "ConfigMap")];
  if (pathname === "/apis/apps/v1") return [kind("deployments", "Deployment")];
  if (pathname === "/apis/xlscsde.nhs.uk/v1")
    return [
      kind("analyticsworkspaces", "AnalyticsWorkspace"),
      kind("analyticsworkspacebindings", "AnalyticsWorkspaceBinding"),
    ];
  return undefined;
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
