import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { sampleUsers, serviceClient } from "../local/sample-estate.ts";
import { killLeftovers, startProduct, untilPrinted } from "./started-product.ts";

const secret = "the secret of the service client";
let folder: string;
let secretFile: string;
let identity: IdentityProvider;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "start-issuer-"));
  secretFile = join(folder, "secret");
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 });
  identity = await startIdentityProvider({
    store: ":memory:",
    audience: "guacamole-workspaces",
    clients: [serviceClient(secret)],
    users: sampleUsers,
  });
});
afterAll(async () => {
  await killLeftovers();
  await identity.close();
  await rm(folder, { recursive: true, force: true });
});

function start(issuer: string, file: string, ...more: string[]) {
  const identityOptions = ["--issuer", issuer, "--client", "workspace-action", "--secret-file", file];
  return startProduct(join(folder, "state"), ...identityOptions, ...more);
}

describe("npm start with an identity provider that runs elsewhere", () => {
  it("asks as the client, and prints commands that answer and what to set there", async () => {
    const started = start(identity.issuer, secretFile);
    await untilPrinted(started, "Ctrl-C stops everything");
    const output = started.output();
    expect(output).toContain(`identity provider  ${identity.issuer} (yours)`);
    expect(output).toContain("The desktop is ready: ");
    expect(output).not.toContain(secret);

    const running = JSON.parse(await readFile(join(folder, "state/running.json"), "utf8")) as { api: string };
    expect(output).toContain(`${running.api}/api/keycloak/events (KEYCLOAK_WEBHOOK is off)`);
    expect(output).toContain(`${running.api}/api/keycloak/backchannel-logout`);
    const commands = output.match(/^ {2}(curl|npm) .*$/gm) ?? [];
    expect(commands.map((command) => /^ *(\w+)/.exec(command)?.[1])).toEqual(["curl", "curl", "curl"]);
    const answers = [];
    for (const command of commands) answers.push((await promisify(execFile)("bash", ["-c", command])).stdout);
    expect(JSON.parse(answers[0] ?? "")).toMatchObject({ username: "alice", workspaces: expect.any(Array) as unknown });
    expect(JSON.parse(answers[1] ?? "")).toMatchObject({ workspace: "cancer-registry", state: "done" });

    const state = ["--state", join(folder, "state")];
    const token = await runScript("print-token.ts", ...state);
    expect(decodeJwt(token.output)).toMatchObject({ azp: "workspace-action" });
    expect(await runScript("print-token.ts", ...state, "bob")).toMatchObject({
      code: 1,
      output: expect.stringContaining("are not the sample people (leave the name out") as unknown,
    });
    expect(await runScript("play-keycloak.ts", ...state, "logout", "alice")).toMatchObject({
      code: 1,
      output: expect.stringContaining("was not started here (change people in its own console)") as unknown,
    });
    started.child.kill("SIGINT");
    expect((await started.ended).code).toBe(0);
  });

  it("ends with the reason if it cannot be used", async () => {
    const { code, output } = await start(`${identity.issuer}-of-old`, secretFile, "--once").ended;
    expect(output).toContain("answered 404 and no discovery document (give the realm's address");
    expect(code).toBe(1);
  });

  it("--keycloak without KEYCLOAK_HOME says how to get a value for it", async () => {
    const { code, output } = await runScript("start.ts", "--state", join(folder, "state"), "--once", "--keycloak");
    expect(output).toContain("export KEYCLOAK_HOME=$(npm run -s fetch:keycloak -- 26.7.3)");
    expect(code).toBe(1);
  });
});

async function runScript(script: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const file = new URL(`../local/${script}`, import.meta.url).pathname;
  return promisify(execFile)(process.execPath, [file, ...args], { env: { ...process.env, KEYCLOAK_HOME: "" } }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: unknown) => {
      const { code, stderr } = error as { code: number; stderr: string };
      return { code, output: stderr };
    },
  );
}
