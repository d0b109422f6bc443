/**
 * A Kubernetes API that only reads: the given number of desktops with their requests and bindings, by their names and labels, in
 * pages, as an API server sends them; nothing ever changes. It runs in its own process, so that its work and memory are not
 * measured, and prints its address, and one at which the round trips of the given database are counted. `/sent` tells how many
 * requests were answered since it was asked last, in how many bytes, and how many round trips there were.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { personId } from "../../shared/desktop/names.ts";
import { usernameLabel } from "../../shared/kubernetes/labels.ts";
import { deploymentManifest, networkPolicyManifest, serviceManifest } from "../../shared/kubernetes/manifests.ts";
import { startCountingExchanges } from "../counted-exchanges.ts";
import { samplePlan, sampleSite } from "../sample-plan.ts";
import { desktopOf, startOf, workspaces } from "./many-desktops.ts";

const count = Number(process.argv[2]);
const now = new Date(process.argv[3] ?? "");
const exchanges = process.argv[4] === undefined ? undefined : await startCountingExchanges(process.argv[4]);
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
    const binding = { name: `binding-${index}`, personal: true };
    const manifest = deploymentManifest(samplePlan({ workspace, username, binding }), sampleSite, start);
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
      "xlscsde.nhs.uk/work": "none",
    };
    return JSON.stringify({
      metadata: { name: `desktop-request-${personId(username)}`, namespace: "guacamole", labels },
      data: { request: JSON.stringify(request), outcomes: JSON.stringify(outcomes) },
    });
  }),
  analyticsworkspacebindings: everyDesktop.map(({ index, workspace, username }) =>
    JSON.stringify({
      metadata: {
        name: `binding-${index}`,
        namespace: "guacamole",
        labels: { "xlscsde.nhs.uk/username": usernameLabel(username) },
        // Followed, as after a start.
        annotations: { "xlscsde.nhs.uk/replicas-seen": "1" },
        resourceVersion: String(index),
      },
      spec: { workspace, username, expires: "2099-12-31", replicas: 1 },
      status: { statusText: "ACTIVE", replicas: 1 },
    }),
  ),
  networkpolicies: everyDesktop.map((key) => JSON.stringify(networkPolicyManifest(samplePlan(key), sampleSite))),
  services: everyDesktop.map((key) => JSON.stringify(serviceManifest(samplePlan(key), sampleSite))),
  pods: [],
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
  services: ["v1", "Service"],
  pods: ["v1", "Pod"],
  networkpolicies: ["networking.k8s.io/v1", "NetworkPolicy"],
  analyticsworkspaces: ["xlscsde.nhs.uk/v1", "AnalyticsWorkspace"],
  analyticsworkspacebindings: ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
};

interface Stored {
  name: string;
  labels: Readonly<Record<string, string>>;
  text: string;
}

/** By kind, in the order of their names, as etcd has them. */
const stored = new Map(
  Object.entries(lists).map(([kind, texts]) => [
    kind,
    texts
      .map((text): Stored => {
        const { metadata } = JSON.parse(text) as { metadata: { name: string; labels?: Record<string, string> } };
        return { name: metadata.name, labels: metadata.labels ?? {}, text };
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  ]),
);
const byName = new Map([...stored].map(([kind, all]) => [kind, new Map(all.map((each) => [each.name, each.text]))]));

/** `a=b`, `a!=b`, `!a` and `a in (b,c)`, joined by commas. */
function selects(selector: string): (labels: Stored["labels"]) => boolean {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  const tests = terms.map((term): ((labels: Stored["labels"]) => boolean) => {
    const [, among = "", values = ""] = /^(\S+) in \((.*)\)$/.exec(term) ?? [];
    if (among !== "") {
      const wanted = new Set(values.split(","));
      return (labels) => wanted.has(labels[among] ?? "");
    }
    if (term.startsWith("!")) return (labels) => labels[term.slice(1)] === undefined;
    const [key = "", operator, value] = term.split(/(!=|=)/);
    return (labels) => (labels[key] === value) === (operator === "=");
  });
  return (labels) => tests.every((test) => test(labels));
}

const sent = { requests: 0, bytes: 0 };

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const [parent = "", last = ""] = pathname.split("/").slice(-2);
  response.setHeader("content-type", "application/json");
  if (pathname === "/sent") {
    response.end(JSON.stringify({ ...sent, roundTrips: exchanges?.count() ?? 0 }));
    Object.assign(sent, { requests: 0, bytes: 0 });
    exchanges?.clear();
    return;
  }
  const answer = (status: number, text: string) => {
    sent.requests += 1;
    sent.bytes += text.length;
    response.writeHead(status).end(text);
  };
  // A watch in which nothing changes.
  if (searchParams.get("watch") === "true") {
    sent.requests += 1;
    response.flushHeaders();
    return;
  }
  const all = stored.get(last);
  if (!all) {
    // Clients discover kinds before they list them.
    const kinds = kindsOf(pathname);
    const object = byName.get(parent)?.get(last);
    if (kinds) answer(200, JSON.stringify({ kind: "APIResourceList", resources: kinds }));
    else if (object === undefined) answer(404, JSON.stringify({ kind: "Status", code: 404, message: "there is none" }));
    else {
      const [apiVersion, kind] = listed[parent] ?? [];
      answer(200, JSON.stringify({ ...(JSON.parse(object) as object), apiVersion, kind }));
    }
    return;
  }
  const matches = selects(searchParams.get("labelSelector") ?? "");
  const after = searchParams.get("continue") ?? "";
  const limit = Number(searchParams.get("limit") ?? all.length);
  const found = all.filter(({ name, labels }) => name > after && matches(labels));
  const page = found.slice(0, limit);
  const metadata = { resourceVersion: "1000000", continue: found.length > limit ? page.at(-1)?.name : undefined };
  const [apiVersion, kind] = listed[last] ?? [];
  const items = page.map(({ text }) => text).join(",");
  answer(
    200,
    `{"apiVersion":"${apiVersion ?? ""}","kind":"${kind ?? ""}List","metadata":${JSON.stringify(metadata)},"items":[${items}]}`,
  );
});

function kindsOf(pathname: string): object[] | undefined {
  const kind = (name: string, called: string) => ({ name, kind: called, namespaced: true, verbs: ["list"] });
  if (pathname === "/api/v1")
    return [
      kind("configmaps", "ConfigMap"),
      kind("secrets", "Secret"),
      kind("services", "Service"),
      kind("pods", "Pod"),
    ];
  if (pathname === "/apis/networking.k8s.io/v1") return [kind("networkpolicies", "NetworkPolicy")];
  if (pathname === "/apis/apps/v1") return [kind("deployments", "Deployment")];
  if (pathname === "/apis/xlscsde.nhs.uk/v1")
    return [
      kind("analyticsworkspaces", "AnalyticsWorkspace"),
      kind("analyticsworkspacebindings", "AnalyticsWorkspaceBinding"),
    ];
  return undefined;
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port} ${exchanges?.url ?? ""}\n`);
});
