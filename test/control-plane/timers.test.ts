import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1CronJob, V1ServiceAccount } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { describeOnControlPlane } from "./available.ts";
import { podsIn, settingsIn } from "./rendered.ts";
import { render } from "./run-kubectl.ts";

interface Call {
  request: string;
  authorization: string | undefined;
}

/** Runs the command of a CronJob's container on this machine, against a server that answers with this status. */
async function run(job: V1CronJob, status: number): Promise<{ calls: Call[]; code: number | null }> {
  const folder = await mkdtemp(join(tmpdir(), "timers-"));
  const calls: Call[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    calls.push({ request: `${method} ${url}`, authorization: headers.authorization });
    response.writeHead(status).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const [container] = podsIn([job]).flatMap(({ spec }) => spec.containers);
    const path = new URL(container?.env?.find(({ name }) => name === "URL")?.value ?? "").pathname;
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "header.claims.signature");
    const { port } = server.address() as AddressInfo;
    const [program = "", ...args] = container?.command ?? [];
    const env = { ...process.env, TOKEN_FILE: tokenFile, URL: `http://127.0.0.1:${port}${path}`, no_proxy: "*" };
    const [code] = (await once(spawn(program, args, { env, stdio: "ignore" }), "exit")) as [number | null];
    return { calls, code };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const schedules = { wake: "* * * * *", reap: "*/5 * * * *", reconcile: "*/15 * * * *", upkeep: "7 * * * *" };

/** What the overlay's CronJobs do; they need a shell and curl, as their image has. */
describeOnControlPlane(
  "the CronJobs of overlays/bare-metal",
  () => {
    it.each(Object.entries(schedules))(
      "call %s on time with their token, and fail if the call does",
      async (what, schedule) => {
        const jobs = (await render("infra/kubernetes/overlays/bare-metal")) as V1CronJob[];
        const job = jobs.find(
          ({ kind, metadata }) => kind === "CronJob" && metadata?.name === `guacamole-workspaces-${what}`,
        );
        expect(job?.spec).toMatchObject({ schedule, concurrencyPolicy: "Forbid" });
        const calls = [{ request: `POST /api/maintenance/${what}`, authorization: "Bearer header.claims.signature" }];
        expect(await run(job as V1CronJob, 200)).toEqual({ calls, code: 0 });
        expect(await run(job as V1CronJob, 401)).toMatchObject({ calls, code: 22 });
      },
    );

    it("have the account that the settings name, which has no right in the cluster", async () => {
      const all = await render("infra/kubernetes/overlays/bare-metal");
      const jobs = all.filter(({ kind }) => kind === "CronJob") as V1CronJob[];
      for (const { namespace, spec } of podsIn(jobs)) {
        const subject = `system:serviceaccount:${namespace}:${spec.serviceAccountName}`;
        expect(settingsIn(all)["TIMERS_SUBJECT"]).toBe(subject);
        const [account] = (all as V1ServiceAccount[]).filter(
          (each) => each.kind === "ServiceAccount" && each.metadata?.name === spec.serviceAccountName,
        );
        expect(account?.automountServiceAccountToken).toBe(false);
        const bound = all.filter((each) => each.kind === "RoleBinding" && JSON.stringify(each).includes("-timers"));
        expect(bound).toEqual([]);
      }
    });
  },
  ["kubectl"],
);
