import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killLeftovers, startProduct, untilPrinted } from "./started-product.ts";

let state: string;
beforeAll(async () => {
  // The printed commands have to quote it.
  state = await mkdtemp(join(tmpdir(), "it's a start-"));
});
afterAll(async () => {
  await killLeftovers();
  await rm(state, { recursive: true, force: true });
});

/**
 * Returns the lines without what differs from start to start: ports, the pod's name, whether there was something to
 * build, and what was seen while waiting.
 */
function lasting(output: string): string[] {
  return output
    .split("\n")
    .map((line) =>
      line
        .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
        .replace(/(Pod [0-9a-f]{32})-.*/, "$1-…")
        .replace(/((?:product|portal) +)(built|up to date)/, "$1…")
        .trimEnd(),
    )
    .filter((line) => !/\] readiness: /.test(line));
}

/** Returns the README's example, up to where the product keeps serving. */
async function promised(): Promise<string[]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const block = /```\n(guacamole-workspaces: everything[\s\S]*?)\n```/.exec(readme)?.[1] ?? "";
  return lasting(block.slice(0, block.indexOf("Serving.")).trimEnd());
}

/** Returns what another account of the machine could read: keys, tokens, the log and databases are in that folder. */
async function readableByOthers(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...entries.map(({ parentPath, name }) => join(parentPath, name))];
  const found = await Promise.all(paths.map(async (path) => ((await stat(path)).mode & 0o077) !== 0 && path));
  return found.filter((path) => path !== false);
}

describe("npm start", () => {
  it("prints what the README says, serves, answers the commands that it prints, and ends cleanly on Ctrl-C", async () => {
    const started = startProduct(state);
    await untilPrinted(started, "Ctrl-C stops everything");
    const output = started.output();
    expect(await readableByOthers(state)).toEqual([]);
    const example = await promised();
    expect(lasting(output).slice(0, example.length)).toEqual(example);
    expect(output).toMatch(/^Of a real estate \d things are missing or wrong \(no guacd, .*\): see .*host\.log$/m);
    expect(output).not.toContain("the estate is not right");
    expect(await readFile(join(state, "host.log"), "utf8")).toMatch(/ the estate is not right: guacd: no pod /);

    const running = JSON.parse(await readFile(join(state, "running.json"), "utf8")) as { api: string };
    const commands = output.match(/^ {2}(curl|npm) .*$/gm) ?? [];
    expect(commands).toHaveLength(4);
    const answers = [];
    for (const command of commands) answers.push((await promisify(execFile)("bash", ["-c", command])).stdout);
    expect(JSON.parse(answers[0] ?? "")).toMatchObject({ username: "alice", workspaces: expect.any(Array) as unknown });
    expect(JSON.parse(answers[1] ?? "")).toMatchObject({ workspace: "cancer-registry", state: "done" });
    expect(JSON.parse(answers[2] ?? "")).toMatchObject({ workspace: null, state: "done" });
    expect(answers[3]).toMatch(/^alice is logged out/);
    // For the next tests.
    await promisify(execFile)("bash", ["-c", commands[1] ?? ""]);
    expect(output).toContain(`${running.api}/api/users/alice/workspaces`);
    expect(output).toContain(`Portal, for researchers:  ${running.api}/         sign in as alice, password alice\n`);
    expect(output).toContain(`Console, for operators:   ${running.api}/console  sign in as olga, password olga\n`);
    expect((await fetch(`${running.api}/api/health/ready`)).status).toBe(200);

    const second = await startProduct(state, "--once").ended;
    expect(second).toMatchObject({ code: 1 });
    expect(second.output).toContain("another npm start is using it");

    started.child.kill("SIGINT");
    const { code, output: all } = await started.ended;
    expect(code).toBe(0);
    expect(all.trimEnd()).toMatch(/stopped$/);
  });

  it("does not switch a person away from what they asked for before", async () => {
    const { code, output } = await startProduct(state, "--once").ended;
    expect(code, output).toBe(0);
    expect(output).toMatch(
      /^alice has a desktop since an earlier start, so none is asked for:\n {2}cancer-registry, ready: /m,
    );
    expect(output).not.toContain("asks for a desktop");
    // As it was, for the next test.
    const started = startProduct(state);
    await untilPrinted(started, "Ctrl-C stops everything");
    const again = (started.output().match(/^ {2}curl .*-X PUT .*$/m)?.[0] ?? "").replace(
      "cancer-registry",
      "asthma-cohort",
    );
    const answer = await promisify(execFile)("bash", ["-c", again]);
    expect(answer.stdout, JSON.stringify([again, answer])).toContain('"state":"done"');
    started.child.kill("SIGINT");
    await started.ended;
  });

  it("continues where it was at the next start", async () => {
    // As an earlier release left it.
    await chmod(state, 0o755);
    await chmod(join(state, "identity.json"), 0o644);
    const { code, output } = await startProduct(state, "--once").ended;
    expect(code, output).toBe(0);
    expect(await readableByOthers(state)).toEqual([]);
    expect(output).toContain("it is already running from an earlier start");
    expect(output).toContain("The desktop is ready: http://127.0.0.1:8080/guacamole/#/client/");
  });

  it.each([
    ["an unknown option", ["--no-such"], 2, "--no-such"],
    ["an invalid port", ["--port", "x"], 2, "is not a port"],
    ["a kubeconfig that does not exist", ["--once", "--kubeconfig", "/no/such"], 1, "read --kubeconfig"],
    ["an activity that there is not", ["--once", "--crash-at", "createDeploymnt"], 1, "read --crash-at: there is no"],
    [
      "a database that does not answer",
      ["--once", "--database-url", "postgres://u:p@127.0.0.1:1/g"],
      1,
      "guacamole is not ready: reach guacamole's database: it does not answer: connect ECONNREFUSED",
    ],
  ])("reports %s", async (_words, args, code, words) => {
    const ended = await startProduct(state, ...args).ended;
    expect(ended.output).toContain(words);
    expect(ended.code).toBe(code);
  });

  it("does not take a folder that holds other files, also not to reset it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "own-files-"));
    const file = join(folder, "thesis.txt");
    await writeFile(file, "years of work");
    await chmod(file, 0o644);
    const ended = await startProduct(folder, "--once", "--reset").ended;
    const left = [await readdir(folder), (await stat(file)).mode & 0o777];
    await rm(folder, { recursive: true });
    expect(ended.output).toContain(`use ${folder}: thesis.txt is in it, and no npm start used it before`);
    expect([ended.code, left]).toEqual([1, [["thesis.txt"], 0o644]]);
  });

  it("reports a port that is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? String(address.port) : "";
    const ended = await startProduct(state, "--once", "--port", port).ended;
    server.close();
    expect(ended.code).toBe(1);
    expect(ended.output).toContain(port);
    expect(ended.output).toContain("choose another port");
  });

  it.each(["cluster.sqlite", "task-hub.sqlite", "identity.json"])(
    "with a broken %s says what to do, and --reset does it",
    async (file) => {
      await writeFile(join(state, file), "this is not what it was");
      await rm(join(state, `${file}-wal`), { force: true });
      const broken = await startProduct(state, "--once").ended;
      expect(broken.code).toBe(1);
      expect(broken.output).toContain("npm start -- --reset");
      expect(await startProduct(state, "--once", "--reset").ended).toMatchObject({ code: 0 });
    },
  );
});
