import { request } from "node:http";
import { type KubeConfig, type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { desktopOf, workspaces } from "./many-desktops.ts";

/** A product that runs, and how to act on it and on its cluster. */
export interface Flooded {
  api: string;
  kubeconfig: KubeConfig;
  /** A token of the watched person, carol. */
  sign: () => string;
  /** A token of the login flow, which acts for anybody. */
  signService: () => string;
}

export interface Case {
  /** What is written to the cluster beforehand. */
  prepare?: (flooded: Flooded) => Promise<void>;
  /** What the watched person asks for meanwhile. */
  probe?: string;
  /** Returns what the answers were, in short. */
  flood: (flooded: Flooded) => Promise<string>;
}

const namespace = "guacamole";
const custom = { apiVersion: "xlscsde.nhs.uk/v1" };
const validity = { availableFrom: "2020-01-01", expires: "2099-12-31" };

export const cases: Readonly<Record<string, Case>> = {
  "bodies: 6 of 90 MB without a token": {
    flood: async ({ api }) => told(await Promise.all(Array.from({ length: 6 }, () => sendLarge(api, 90_000_000)))),
  },
  "ready: 60 callers without a token at once": {
    prepare: manyBindings,
    flood: async ({ api }) =>
      told(await Promise.all(Array.from({ length: 60 }, async () => statusOf(await fetch(`${api}/api/health/ready`))))),
  },
  "policy: 900 kB with 450,000 wrong items": {
    prepare: largePolicy,
    probe: "health/live",
    flood: async (flooded) => {
      const answer = await askFor(flooded, "carol", "large-policy", flooded.sign());
      const text = await answer.text();
      return `${answer.status}, ${text.length} characters`;
    },
  },
  "logins: 100 people at once": { prepare: manyBindings, flood: (flooded) => logIn(flooded, 100) },
};

async function logIn(flooded: Flooded, people: number): Promise<string> {
  const ask = async (_: unknown, index: number) =>
    statusOf(await askFor(flooded, `person-${index}`, workspaceOf(index), flooded.signService()));
  return told(await Promise.all(Array.from({ length: people }, ask)));
}

function askFor({ api }: Flooded, username: string, workspace: string, token: string): Promise<Response> {
  return fetch(`${api}/api/users/${username}/desktop?wait=10`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ workspace }),
  });
}

async function statusOf(answer: Response): Promise<string> {
  await answer.arrayBuffer();
  return String(answer.status);
}

/** `3 x 202, 1 x 429` */
function told(answers: readonly string[]): string {
  const kinds = [...new Set(answers)].sort();
  return kinds.map((kind) => `${answers.filter((each) => each === kind).length} x ${kind}`).join(", ");
}

/** A host that refuses a body may answer before it has read it, or close the connection. */
function sendLarge(api: string, bytes: number): Promise<string> {
  const headers = { "content-type": "application/json", "content-length": bytes };
  return new Promise((resolve) => {
    const call = request(`${api}/api/users/carol/desktop`, { method: "PUT", headers }, (answer) => {
      resolve(String(answer.statusCode));
      answer.resume();
    });
    call.on("error", () => {
      resolve("closed");
    });
    call.end(Buffer.alloc(bytes, "x"));
  });
}

function workspaceOf(index: number): string {
  return desktopOf(index).workspace;
}

/** As many workspaces and bindings as a large hospital has. */
async function manyBindings(flooded: Flooded): Promise<void> {
  for (const name of workspaces) await create(flooded, workspaceNamed(name));
  for (let index = 0; index < 2_000; index += 1) {
    const spec = { workspace: workspaceOf(index), username: `person-${index}`, expires: "2099-12-31" };
    const metadata = { name: `binding-${index}`, namespace };
    await create(flooded, { ...custom, kind: "AnalyticsWorkspaceBinding", metadata, spec } as KubernetesObject);
  }
}

async function largePolicy(flooded: Flooded): Promise<void> {
  const name = "large-policy";
  const labels = { "xlscsde.nhs.uk/purpose": "desktop-policy" };
  const data = { environmentFrom: "x,".repeat(450_000) };
  const policy = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
  await create(flooded, policy);
  await create(flooded, workspaceNamed(name, { "xlscsde.nhs.uk/desktop-policy": name }));
  const spec = { workspace: name, username: "carol", expires: "2099-12-31" };
  const metadata = { name: `${name}-carol`, namespace };
  await create(flooded, { ...custom, kind: "AnalyticsWorkspaceBinding", metadata, spec } as KubernetesObject);
}

function workspaceNamed(name: string, annotations: Record<string, string> = {}): KubernetesObject {
  const spec = { displayName: name, description: name, validity, virtualMachineWorkspace: { maxHosts: 100 } };
  return {
    ...custom,
    kind: "AnalyticsWorkspace",
    metadata: { name, namespace, annotations },
    spec,
  } as KubernetesObject;
}

async function create({ kubeconfig }: Flooded, object: KubernetesObject): Promise<void> {
  await KubernetesObjectApi.makeApiClient(kubeconfig).create(object);
}
