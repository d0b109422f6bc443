import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Call } from "./call.ts";
import { given } from "./objects.ts";

/** A server's answer to a call, without what differs between runs. */
export interface Answer {
  status: number;
  type: string;
  /** The server's warnings, as in their header. */
  warnings?: string[];
  body: unknown;
}

interface Sent {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
}

/** Calls a server over plain HTTP: a client library would not send such requests. */
export async function send(config: KubeConfig, { method, path, headers = {}, body }: Sent): Promise<Answer> {
  const url = new URL((config.getCurrentCluster()?.server ?? "") + path);
  const token = config.getCurrentUser()?.token;
  const options: RequestOptions = {
    method,
    // The path as written: URL would normalise it.
    path,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    rejectUnauthorized: config.getCurrentCluster()?.skipTLSVerify !== true,
  };
  const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
  if (body !== undefined) request.setHeader("content-length", Buffer.byteLength(body));
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const said = await text(response);
  const type = response.headers["content-type"] ?? "";
  const warnings = response.headersDistinct["warning"];
  return {
    status: response.statusCode ?? 0,
    type,
    ...(warnings === undefined ? {} : { warnings }),
    body: type.startsWith("application/json") && said !== "" ? JSON.parse(said) : said,
  };
}

const groups: Readonly<Record<string, string>> = {
  analyticsworkspacebindings: "/apis/xlscsde.nhs.uk/v1",
  analyticsworkspaces: "/apis/xlscsde.nhs.uk/v1",
  deployments: "/apis/apps/v1",
  networkpolicies: "/apis/networking.k8s.io/v1",
};

const json = { "content-type": "application/json" };

/** Removes an object at once, despite finalizers. */
async function remove(config: KubeConfig, path: string): Promise<void> {
  const removed = await send(config, { method: "DELETE", path });
  if (removed.status === 404) return;
  const headers = { "content-type": "application/merge-patch+json" };
  await send(config, { method: "PATCH", path, headers, body: '{"metadata":{"finalizers":null}}' });
}

/** Resets the namespace before a call: to the given objects and nothing else of their kinds. */
async function reset(config: KubeConfig, namespace: string): Promise<void> {
  for (const [plural, object] of given) {
    const place = `${groups[plural] ?? "/api/v1"}/namespaces/${namespace}/${plural}`;
    for (const name of [object.metadata.name, "another", "first"]) await remove(config, `${place}/${name}`);
    const made = await send(config, { method: "POST", path: place, headers: json, body: JSON.stringify(object) });
    if (made.status !== 201) throw new Error(`create ${plural} ${object.metadata.name}: ${JSON.stringify(made.body)}`);
  }
}

/** Returns a function that makes a call in the namespace, which it resets before. */
export function askerIn(config: KubeConfig, namespace: string): (call: Call) => Promise<Answer> {
  let isAsGiven = false;
  const fill = (template: string): string => template.replaceAll("{ns}", namespace);
  return async (call) => {
    if (!isAsGiven) await reset(config, namespace);
    const { method, headers, path, body } = call;
    const answer = await send(config, { method, headers, path: fill(path), body: body && fill(body) });
    isAsGiven = method === "GET" || answer.status >= 400;
    return { ...answer, body: steady(answer.body, namespace) };
  };
}

/** Set by the server, different in every run. */
const changing = new Set(["uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"]);

function steady(value: unknown, namespace: string): unknown {
  if (typeof value === "string") return steadyText(value, namespace);
  if (Array.isArray(value)) return value.map((each) => steady(each, namespace));
  if (typeof value !== "object" || value === null) return value;
  const isRun = "kind" in value && value.kind === "Deployment";
  // A Deployment's status is written by its controller, at some later time.
  const entries = Object.entries(value).filter(([name]) => !changing.has(name) && !(isRun && name === "status"));
  return inOrder(Object.fromEntries(entries.map(([name, each]) => [name, steady(each, namespace)])));
}

function steadyText(text: string, namespace: string): string {
  return (
    text
      .replaceAll(namespace, "{ns}")
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{uid}")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (instant) => (instant.startsWith("2030") ? instant : "{instant}"))
      .replace(/(ResourceVersion in record \(|current: )\d+/g, "$1{version}")
      .replace(/(resourceVersion: ")\d+/, "$1{version}")
      // A fault of a patched object quotes the whole object.
      .replace(/(patch: )?Invalid value: "\{.*\}": /s, '$1Invalid value: "{object}": ')
      .replace(/^\d+s$/, "{age}")
  );
}

interface Cause {
  field?: string;
  message: string;
}

/** The server reports a custom resource's faults in any order. */
function inOrder(status: Record<string, unknown>): unknown {
  const details = status["details"] as { causes?: Cause[] } | undefined;
  const causes = details?.causes;
  if (causes === undefined || causes.length < 2) return status;
  const text = (cause: Cause): string => `${cause.field ?? ""}: ${cause.message}`;
  const sorted = causes.toSorted((one, other) => (text(one) < text(other) ? -1 : 1));
  const words = [...new Set(sorted.map(text))];
  const message = String(status["message"]).replace(/is invalid: \[.*\]$/s, () => `is invalid: [${words.join(", ")}]`);
  return { ...status, message, details: { ...details, causes: sorted } };
}
