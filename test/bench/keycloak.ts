/**
 * `npm run bench:keycloak`: measures how long Keycloak waits for us. Starts the product as `npm start` does, in its own process,
 * and calls it with 50 callers at once. First each caller calls once per second, out of step with the others; exits
 * with 1 if a 99th percentile of these rows is not under 50 ms. Then each calls again as soon as it has its answer,
 * which shows how much load the machine can take. Callers, product and all stand-ins share the cores, and the work that
 * events start runs at the same time, so the ratio to /health/live, which does nothing, says more than the
 * milliseconds. docs/performance.md has figures.
 */
import { spawn } from "node:child_process";
import { createHash, createPrivateKey, randomUUID, sign as signBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { readRunning } from "../../local/token.ts";
import { machine } from "./machine.ts";

const callers = 50;
const amount = 1_000;
/** Calls per second of all callers together: far more events than a hospital's Keycloak sends. */
const steadyRate = 50;
const limitMilliseconds = 50;
/** Enough to finish the work that earlier calls started. */
const settleMilliseconds = 3_000;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const state = await mkdtemp(join(tmpdir(), "bench-"));

const product = spawn(process.execPath, ["local/start.ts", "--state", state], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await serving();
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  if (product.exitCode === null) {
    const ended = new Promise((resolve) => product.once("exit", resolve));
    product.kill("SIGINT");
    await ended;
  }
  await rm(state, { recursive: true, force: true });
}

function serving(): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    product.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      if (output.includes("Serving.")) resolve();
    });
    product.once("exit", () => {
      reject(new Error(`the product did not start:\n${output}`));
    });
  });
}

interface Sent {
  path: string;
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

async function measure(): Promise<boolean> {
  const { api, issuer } = await readRunning(state);
  const stored = JSON.parse(await readFile(join(state, "identity.json"), "utf8")) as { keys: [{ kid: string }] };
  const { kid, ...jwk } = stored.keys[0];
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const sign = (claims: object, typ: string) => {
    const iat = Math.floor(Date.now() / 1_000);
    const frame = { iss: issuer, iat, exp: iat + 300, jti: randomUUID() };
    const signed = `${encode({ alg: "RS256", typ, kid })}.${encode({ ...frame, ...claims })}`;
    return `${signed}.${signBytes("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
  };
  const event = (type: string): Sent => {
    const authDetails = { clientId: "guacamole", userId: randomUUID() };
    const body = JSON.stringify({ id: randomUUID(), time: Date.now(), realmName: "sde", type, authDetails });
    const claims = {
      aud: "guacamole-workspaces-events",
      request_body_sha256: createHash("sha256").update(body).digest("hex"),
    };
    const headers = { "content-type": "application/json", authorization: `Bearer ${sign(claims, "JWT")}` };
    return { path: "/api/keycloak/events", method: "POST", headers, body };
  };
  const logout = (): Sent => {
    const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
    const token = sign({ aud: "guacamole", sub: randomUUID(), sid: randomUUID(), typ: "Logout", events }, "logout+jwt");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ logout_token: token }).toString();
    return { path: "/api/keycloak/backchannel-logout", method: "POST", headers, body };
  };

  process.stdout.write(`${machine}\n` + `${callers} callers at once, ${amount} calls per row\n\n`);
  const rows: [string, () => Sent][] = [
    ["/health/live", () => ({ path: "/api/health/live", method: "GET" })],
    ["event, ignored", () => event("access.REFRESH_TOKEN")],
    ["event, accepted", () => event("access.LOGOUT")],
    ["back-channel logout", logout],
  ];
  let within = true;
  for (const rate of [steadyRate, undefined]) {
    const pace = rate === undefined ? "as fast as they can" : `${rate} calls per second`;
    process.stdout.write(`${pace.padEnd(24)}   calls/s    p50 ms    p99 ms   p50 to /health/live\n`);
    let base: number | undefined;
    for (const [name, make] of rows) {
      await load(api, make, amount / 10); // warm
      await pause(settleMilliseconds);
      const { p50, p99, perSecond } = await (rate === undefined ? load(api, make, amount) : steadily(api, make, rate));
      base ??= p50;
      within &&= rate === undefined || p99 < limitMilliseconds;
      const figures = [perSecond.toFixed(0), p50.toFixed(1), p99.toFixed(1), (p50 / base).toFixed(1)];
      process.stdout.write(`${name.padEnd(24)}${figures.map((figure) => figure.padStart(10)).join("")}\n`);
    }
    process.stdout.write("\n");
  }
  const verdict = within ? "every" : "NOT every";
  process.stdout.write(
    `${verdict} 99th percentile at ${steadyRate} calls per second is under ${limitMilliseconds} ms\n`,
  );
  return within;
}

interface Latency {
  p50: number;
  p99: number;
  perSecond: number;
}

/** Calls at evenly spaced times, even if earlier calls were slow: late answers do not reduce the load. */
async function steadily(url: string, make: () => Sent, rate: number): Promise<Latency> {
  const waiting = Array.from({ length: amount }, make);
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const began = performance.now();
  const took = await Promise.all(
    waiting.map(async (sent, index) => {
      const due = began + (index * 1_000) / rate;
      await pause(Math.max(0, due - performance.now()));
      await answered(url, sent, agent);
      return performance.now() - due;
    }),
  );
  agent.destroy();
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), perSecond: (amount * 1_000) / (performance.now() - began) };
}

function answered(url: string, { path, method, headers, body }: Sent, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}${path}`, { method, headers: { ...headers }, agent }, (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode >= 300) reject(new Error(`measure: a call was answered with ${statusCode}`));
      answer.on("end", resolve).resume();
    });
    call.on("error", reject).end(body);
  });
}

/** All calls are signed beforehand, so that the callers' own work is not measured. */
async function load(url: string, make: () => Sent, count: number): Promise<Latency> {
  const waiting = Array.from({ length: count + callers }, make);
  const result = await autocannon({
    url,
    connections: callers,
    amount: count,
    requests: [{ setupRequest: (request) => ({ ...request, ...waiting.pop() }) }],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`measure: ${result.non2xx} calls were refused, ${result.errors} failed`);
  return { p50: result.latency.p50, p99: result.latency.p99, perSecond: result.requests.average };
}
