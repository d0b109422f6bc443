import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { createSecureContext } from "node:tls";
import { type Cluster, KubeConfig, loadYaml, type User } from "@kubernetes/client-node";
import type { z } from "zod";
import { clusterSchema, contextSchema, fileSchema, type named, userSchema } from "./kubeconfig-schema.ts";
import { inFile, tokensInFiles } from "./token-file.ts";
import { tellFaults } from "../errors.ts";

/**
 * Reads a kubeconfig file. What is in it works, or is refused here with the field that is wrong: a fault that shows at the
 * first call looks like an outage. Values are not repeated.
 */
export function readKubeConfig(file: string): KubeConfig {
  const config = new KubeConfig();
  config.addAuthenticator(tokensInFiles());
  readFileOf(config, file);
  return config;
}

/** The account of the pod in which the product runs. Throws if it runs in none. */
export function readServiceAccount(): KubeConfig {
  const config = new KubeConfig();
  config.addAuthenticator(tokensInFiles());
  config.loadFromCluster();
  const [cluster] = config.clusters;
  const [user] = config.users;
  const { tokenFile } = (user?.authProvider as { config: { tokenFile: string } } | undefined)?.config ?? {};
  if (!cluster || !user || tokenFile === undefined || /undefined/.test(cluster.server))
    throw fault("there is none, and the product does not run in a pod: KUBERNETES_SERVICE_HOST is not set");
  const { caFile } = cluster;
  for (const path of [tokenFile, caFile]) if (path !== undefined) mustBeReadable(path, "the pod's service account");
  config.loadFromOptions({
    clusters: [cluster],
    users: [{ name: user.name, authProvider: inFile(tokenFile) }],
    contexts: config.contexts,
    currentContext: config.currentContext,
  });
  return config;
}

function fault(what: string, options?: ErrorOptions): Error {
  return new Error(`read kubeconfig: ${what} (check the setting KUBECONFIG)`, options);
}

function readFileOf(config: KubeConfig, file: string): void {
  const root = dirname(resolve(file));
  const raw = parsed(fileSchema, rawIn(file), file);
  const current = raw["current-context"];
  if (current === undefined) throw fault(`${file}: current-context is missing`);
  const context = parsed(
    contextSchema,
    find(raw.contexts, current, "contexts")["context"],
    `contexts[${current}].context`,
  );
  const cluster = clusterIn(find(raw.clusters, context.cluster, "clusters"), root);
  const user =
    context.user === undefined || context.user === ""
      ? { name: "nobody" } // without a user the client library leaves out the CA too
      : userIn(find(raw.users, context.user, "users"), root);
  checkTogether(cluster, user);
  config.loadFromOptions({
    clusters: [cluster],
    users: [user],
    contexts: [{ name: current, cluster: cluster.name, user: user.name }],
    currentContext: current,
  });
}

function rawIn(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw fault((error as Error).message, { cause: error });
  }
  if (content.trim() === "") throw fault(`${file} is empty`);
  try {
    return loadYaml(content);
  } catch (error) {
    // The parser's message quotes the lines around, which may hold a token.
    const { reason = "it cannot be read", mark } = error as { reason?: string; mark?: { line: number } };
    throw fault(`${file} is not YAML: ${reason}${mark ? ` in line ${mark.line + 1}` : ""}`);
  }
}

function parsed<T extends object>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const { data, error } = schema.safeParse(withoutNulls(value), { reportInput: false });
  if (data !== undefined) return data;
  const words = (error?.issues ?? []).map(({ path, code, message }) => {
    const isMissing = code === "invalid_type" && message.startsWith("Invalid input");
    return `${[where, ...path].join(".")} ${isMissing ? "is missing or of the wrong kind" : message}`;
  });
  throw fault(tellFaults(words));
}

/** A field without a value is one that is not there. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

function find(list: readonly z.output<typeof named>[] | null | undefined, name: string, where: string) {
  const found = list?.find((each) => each.name === name);
  if (!found) throw fault(`${where} has no entry with the name ${name}, which the current context leads to`);
  return found;
}

function clusterIn({ name, cluster: raw }: z.output<typeof named>, root: string): Cluster {
  const where = `clusters[${name}].cluster`;
  const cluster = parsed(clusterSchema, raw, where);
  const caData = cluster["certificate-authority-data"];
  const caFile = fileOf(cluster["certificate-authority"], caData, root, `${where}.certificate-authority`);
  const isPlain = cluster.server.startsWith("http:");
  const skipTLSVerify = isPlain || (cluster["insecure-skip-tls-verify"] ?? false);
  if (!isPlain && skipTLSVerify && (caData ?? caFile) !== undefined)
    throw fault(`${where} has a certificate-authority and insecure-skip-tls-verify: remove one of them`);
  check(() => createSecureContext({ ca: contentOf(caFile, caData) }), `${where}.certificate-authority`);
  const ca = contentOf(caFile, caData)?.toString("latin1");
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----"))
    throw fault(`${where}.certificate-authority is not a certificate (PEM)`);
  return {
    ...{ name, skipTLSVerify, server: cluster.server.replace(/\/+$/, "") },
    ...(caData !== undefined && { caData }),
    ...(caFile !== undefined && { caFile }),
    ...(cluster["tls-server-name"] !== undefined && { tlsServerName: cluster["tls-server-name"] }),
    ...(cluster["proxy-url"] !== undefined && { proxyUrl: cluster["proxy-url"].replace(/^socks5h/, "socks5") }),
  };
}

function userIn({ name, user: raw }: z.output<typeof named>, root: string): User {
  const where = `users[${name}].user`;
  const user = parsed(userSchema, raw ?? {}, where);
  const { token, username, password, exec, as } = user;
  const tokenFile = user.tokenFile ?? user["token-file"] ?? user["auth-provider"]?.config.tokenFile;
  const certData = user["client-certificate-data"];
  const keyData = user["client-key-data"];
  const certFile = fileOf(user["client-certificate"], certData, root, `${where}.client-certificate`);
  const keyFile = fileOf(user["client-key"], keyData, root, `${where}.client-key`);
  const [cert, key] = [contentOf(certFile, certData), contentOf(keyFile, keyData)];
  if ((cert === undefined) !== (key === undefined))
    throw fault(
      `${where} has a ${cert ? "client-certificate without its client-key" : "client-key without its client-certificate"}`,
    );
  check(() => createSecureContext({ cert, key }), `${where}.client-certificate and client-key`);
  if ((username === undefined) !== (password === undefined))
    throw fault(`${where} has one of username and password alone`);
  const ways = { token: token ?? tokenFile, username, exec: exec ?? undefined };
  const used = Object.entries(ways).flatMap(([way, value]) => (value === undefined ? [] : [way]));
  if (used.length > 1) throw fault(`${where} has several ways to log in: ${used.join(", ")} (leave one)`);
  const path = tokenFile === undefined ? undefined : resolve(root, tokenFile);
  if (path !== undefined) mustBeReadable(path, `${where}.tokenFile`);
  return {
    name,
    // If there are both, the file wins, as in kubectl.
    ...(path !== undefined ? { authProvider: inFile(path) } : token !== undefined && { token: token.trim() }),
    ...(certData !== undefined && { certData }),
    ...(certFile !== undefined && { certFile }),
    ...(keyData !== undefined && { keyData }),
    ...(keyFile !== undefined && { keyFile }),
    ...(username !== undefined && password !== undefined && { username, password }),
    ...(as !== undefined && { impersonateUser: as }),
    ...(exec && { exec: { ...exec, command: commandIn(exec.command, root, `${where}.exec.command`) } }),
  };
}

/** Data wins over a file, as in kubectl. */
function fileOf(file: string | undefined, data: string | undefined, root: string, where: string): string | undefined {
  if (file === undefined || data !== undefined) return undefined;
  const path = resolve(root, file);
  mustBeReadable(path, where);
  return path;
}

function contentOf(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (file !== undefined) return readFileSync(file);
  return data === undefined ? undefined : Buffer.from(data, "base64");
}

/** A command with a path is relative to the kubeconfig, as in kubectl; a bare name is looked for in PATH. */
function commandIn(command: string, root: string, where: string): string {
  if (!command.includes(sep)) return command;
  const path = resolve(root, command);
  mustBeReadable(path, where, constants.X_OK);
  return path;
}

function mustBeReadable(path: string, where: string, mode = constants.R_OK): void {
  try {
    accessSync(path, mode);
    if (mode === constants.R_OK) readFileSync(path);
  } catch (error) {
    throw fault(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function check(attempt: () => unknown, where: string): void {
  try {
    attempt();
  } catch (error) {
    throw fault(`${where}: cannot be used: ${(error as Error).message}`);
  }
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function checkTogether({ name, server }: Cluster, user: User): void {
  const { protocol, hostname } = new URL(server);
  const hasSecret = Object.keys(user).some((field) => field !== "name" && field !== "impersonateUser");
  if (protocol === "http:" && hasSecret && !loopback.test(hostname))
    throw fault(
      `clusters[${name}].cluster.server is http://, which would send the account's secret in the clear (use https://)`,
    );
}
