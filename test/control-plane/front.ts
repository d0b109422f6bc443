import { once } from "node:events";
import {
  Agent as HttpAgent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
  type RequestOptions,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { ApiException, CoreV1Api } from "@kubernetes/client-node";
import { startLocalCluster } from "../../local/cluster/cluster.ts";
import { type ControlPlane, kubeConfig } from "./control-plane.ts";

/** Objects of the two custom resources. Not what tells clients of them: that the real server has and does well. */
const customObjects = /^\/apis\/xlscsde\.nhs\.uk\/v1\/(?:namespaces\/([^/]+)\/)?analyticsworkspace/;

const connections = {
  http: new HttpAgent({ keepAlive: true }),
  https: new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }),
};

/**
 * A control plane whose API server cannot hold custom resources, made whole: the two of ours are kept by the stand-in,
 * and everything else goes to the real server as it is. Who may do what is the real server's word for both. Closing it
 * closes the control plane too.
 */
export async function startFront(real: Pick<ControlPlane, "url" | "admin" | "close">): Promise<ControlPlane> {
  const token = randomBytes(16).toString("hex");
  const standIn = await startLocalCluster({ store: ":memory:", token });
  const namespaces = {
    real: real.admin.makeApiClient(CoreV1Api),
    standIn: kubeConfig(standIn.url, token).makeApiClient(CoreV1Api),
  };

  const forward = async (request: IncomingMessage, response: ServerResponse) => {
    const place = customObjects.exec(request.url ?? "");
    if (place === null) {
      await pass(request, response, real.url, request.headers);
      return;
    }
    const refusal = await refusalOf(request, real.url);
    if (refusal !== null) {
      answer(response, refusal);
      return;
    }
    if (place[1] !== undefined && request.method !== "GET") await mirrorNamespace(namespaces, place[1]);
    await pass(request, response, standIn.url, { ...request.headers, authorization: `Bearer ${token}` });
  };
  const server = createServer((request, response) => {
    // As when the server itself is gone: the client sees its connection break.
    forward(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    admin: kubeConfig(url, real.admin.getCurrentUser()?.token ?? ""),
    as: (bearer) => kubeConfig(url, bearer),
    async close() {
      server.close();
      server.closeAllConnections();
      await standIn.close();
      await real.close();
    },
  };
}

/**
 * The real server's own refusal of a request, null if it lets the caller through. It is asked the same thing with nothing in
 * it: it authorises before it reads, and holds no custom resource, so whom it lets through finds nothing and changes nothing.
 */
async function refusalOf({ method = "GET", url, headers }: IncomingMessage, server: string) {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const sends = ["POST", "PUT", "PATCH"].includes(method);
  const asked = open(server, url, {
    method,
    headers: {
      ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
      ...(sends ? { "content-type": type } : {}),
    },
  });
  asked.end(sends ? "{}" : undefined);
  const [reply] = (await once(asked, "response")) as [IncomingMessage];
  const code = reply.statusCode ?? 0;
  if (code >= 500 || [401, 403, 429].includes(code)) return reply;
  // A watch would go on.
  reply.destroy();
  return null;
}

/** The stand-in takes in objects for the namespaces that the real server has. */
async function mirrorNamespace(namespaces: { real: CoreV1Api; standIn: CoreV1Api }, name: string): Promise<void> {
  const { items } = await namespaces.real.listNamespace({ fieldSelector: `metadata.name=${name}` });
  const lives = items.some(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const mirrored = lives
    ? namespaces.standIn.createNamespace({ body: { metadata: { name } } })
    : namespaces.standIn.deleteNamespace({ name });
  await mirrored.catch((error: unknown) => {
    if (!(error instanceof ApiException && error.code === (lives ? 409 : 404))) throw error;
  });
}

function open(server: string, path: string | undefined, options: RequestOptions) {
  const url = new URL(path ?? "/", server);
  return url.protocol === "https:"
    ? requestHttps(url, { ...options, agent: connections.https })
    : requestHttp(url, { ...options, agent: connections.http });
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  server: string,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const { host } = new URL(server);
  const passed = open(server, request.url, { method: request.method, headers: { ...headers, host } });
  response.on("close", () => passed.destroy());
  request.pipe(passed);
  const [reply] = (await once(passed, "response")) as [IncomingMessage];
  answer(response, reply);
}

function answer(response: ServerResponse, reply: IncomingMessage): void {
  response.writeHead(reply.statusCode ?? 502, reply.headers);
  // A watch of what is quiet has headers and no body yet.
  response.flushHeaders();
  reply.on("error", () => response.destroy());
  reply.pipe(response);
}
