import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import type { LogEntry } from "@stand-in/functions-host";
import { buildProduct } from "./build.ts";
import { buildPortal, watchPortal } from "./build-portal.ts";
import { doMainJob, findWish } from "./main-job.ts";
import { readOptions, type StartOptions, usage, usualState } from "./options.ts";
import { type Closers, type Estate, startEstate } from "./stand-ins.ts";
import { sampleActivation } from "./sample-estate.ts";
import { logName, openState } from "./state-folder.ts";
import { terminalOn } from "./terminal.ts";
import { describeWritten } from "./written.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const terminal = terminalOn(process.stdout);
const { username, workspace } = sampleActivation;

/** Starts everything, does the main job once and serves until Ctrl-C. Resolves to the exit code. */
async function start(options: StartOptions, stop: AbortSignal): Promise<number> {
  const closers: Closers = [];
  try {
    closers.push(await openState(options));

    terminal.line("guacamole-workspaces: everything on this machine, for evaluation and development");
    terminal.line();
    // Before it is built, so that a broken file can be mended.
    if (options.sources) await watchPortal(root);
    const errors: string[] = [];
    const logFile = join(options.state, logName);
    // Kept open: opening it for every line would be a large part of a busy host's work.
    const logLines = createWriteStream(logFile);
    logLines.on("error", () => undefined); // a full disk is reported elsewhere
    closers.push(() => new Promise((resolve) => logLines.end(resolve)));
    const log = ({ at, level, category, message }: LogEntry) => {
      if (level === "error") errors.push(message);
      logLines.write(`${at.toISOString()} ${level} ${category} ${message}\n`);
    };
    let estateFaults = 0;
    // As a host does it: what the app says beside its functions is in the log, too.
    console.warn = (...words: unknown[]) => {
      const message = format(...words);
      if (message.startsWith("the estate is not right")) estateFaults += 1;
      log({ at: new Date(), level: "warning", category: "app", message });
    };
    const tellOfEstate = () => {
      if (estateFaults > 0) terminal.line(describeEstateFaults(estateFaults, options, logFile));
    };
    const build = async () => {
      const [product, portal] = await Promise.all([
        options.sources ? "from its sources" : buildProduct(root),
        buildPortal(root),
      ]);
      terminal.started("product", product);
      terminal.started("portal", portal);
    };
    const estate = await startEstate(options, { root, build }, closers, terminal.started, log, stop);
    const running = join(options.state, "running.json");
    await writeFile(running, JSON.stringify({ api: estate.api, ...estate.identity.running }));
    closers.push(() => rm(running, { force: true }));

    await untilReachable(estate, errors);
    const done = await activate(estate, stop);
    if (options.once || stop.aborted) {
      tellOfEstate();
      return done ? 0 : 1;
    }

    tellWhatToTry(estate, options.state, tellOfEstate, logFile);
    await new Promise((resolve) => {
      stop.addEventListener("abort", resolve, { once: true });
    });
    return 0;
  } finally {
    terminal.settle();
    if (closers.length > 1) terminal.line("\nstopping …");
    for (const close of closers.reverse()) await close();
    if (closers.length > 1) terminal.line("stopped");
  }
}

/** Reports at once what cannot be reached, instead of letting the first request fail. */
async function untilReachable({ api }: Estate, errors: readonly string[]): Promise<void> {
  if ((await fetch(`${api}/api/health/ready`)).ok) return;
  throw new Error(`reach what the product needs: ${errors.join("; ")}`);
}

async function activate(estate: Estate, stop: AbortSignal): Promise<boolean> {
  terminal.line();
  const api = { url: estate.api, token: () => estate.identity.token() };
  let operation;
  let beats = 0;
  try {
    const before = await findWish(api, stop);
    if (before && before.wanted !== workspace) {
      terminal.line(`${username} has a desktop since an earlier start, so none is asked for:`);
      terminal.line(`  ${before.wanted ?? before.workspace ?? ""}, ${before.state}: ${before.reason}`);
      if (before.url !== undefined) terminal.line(`The desktop is ready: ${before.url}`);
      return true;
    }
    terminal.line(`${username} asks for a desktop in ${workspace}:`);
    operation = await doMainJob(
      api,
      (beat) => {
        beats += 1;
        terminal.beat(beat);
      },
      stop,
    );
  } catch (error) {
    if (stop.aborted) return false;
    throw error;
  }
  terminal.settle();
  if (beats === 0) terminal.line("  it is already running from an earlier start");
  terminal.line();
  if (operation.state !== "done") {
    terminal.line(
      `No desktop: ${operation.reason ?? operation.state} (step ${operation.step ?? "?"}, ${operation.code ?? "?"})`,
    );
    terminal.line(`Undone, newest first: ${operation.undone?.join(", ") ?? "nothing"}`);
    return false;
  }
  terminal.line(`The desktop is ready: ${operation.url ?? ""}`);
  terminal.line("(No Guacamole runs here; the link is what it would open. Set GUACAMOLE_URL to the address of yours.)");
  terminal.line("What was written:");
  for (const line of await describeWritten(estate.kubeconfig, estate.databaseUrl, estate.namespace))
    terminal.line(`  ${line}`);
  return true;
}

/** What the app's look at the estate found. On the stand-ins that is nothing to mend. */
function describeEstateFaults(count: number, { kubeconfig }: StartOptions, logFile: string): string {
  const why =
    kubeconfig === undefined
      ? "no guacd, Guacamole, JupyterHub or DNS runs here, and the stand-in has no admission policies"
      : "docs/doctor.md says what to do";
  return `Of a real estate ${count} ${count === 1 ? "thing is" : "things are"} missing or wrong (${why}): see ${logFile}`;
}

function tellWhatToTry({ api, identity }: Estate, state: string, tellOfEstate: () => void, logFile: string): void {
  // The other commands look for what runs in the same folder.
  const where = state === resolve(usualState) ? "" : ` --state '${state.replaceAll("'", "'\\''")}'`;
  const token = where === "" ? "npm run -s token" : `npm run -s token --${where}`;
  const authorization = `-H "Authorization: Bearer $(${token})"`;
  terminal.line();
  terminal.line("Serving. Next, try this in another terminal:");
  terminal.line(`  curl -s ${authorization} ${api}/api/users/${username}/workspaces`);
  terminal.line(
    `  curl -s -X PUT ${authorization} -H "Content-Type: application/json" -d '{"workspace":"cancer-registry"}' "${api}/api/users/${username}/desktop?wait=10"`,
  );
  terminal.line(`  curl -s -X DELETE ${authorization} "${api}/api/users/${username}/desktop?wait=10"`);
  if (identity.running.administrator)
    terminal.line(
      `  npm run -s keycloak --${where} logout ${username}    # as if in Keycloak: the desktop is suspended a minute later`,
    );
  const advice = identity.advice(api);
  if (advice.length > 0) terminal.line();
  for (const line of advice) terminal.line(line);
  terminal.line();
  tellOfEstate();
  const { people } = identity;
  const asWhom = (person?: { username: string; password: string }) =>
    person ? `sign in as ${person.username}, password ${person.password}` : "sign in at your identity provider";
  terminal.line(`Portal, for researchers:  ${api}/         ${asWhom(people?.researcher)}`);
  terminal.line(`Console, for operators:   ${api}/console  ${asWhom(people?.administrator)}`);
  terminal.line(`The host's log is in ${logFile}. Ctrl-C stops everything.`);
}

async function main(): Promise<number> {
  // Keys, tokens, databases and the log: for whoever starts it alone.
  process.umask(0o077);
  let options: StartOptions | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    return 2;
  }
  if (!options) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }

  const stop = new AbortController();
  // "disconnect": `node --watch`, which started this process, has ended; if it was killed, it sent no signal.
  for (const end of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"])
    process.on(end, () => {
      stop.abort();
    });
  try {
    return await start(options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    const hint = /delete/.test((error as Error).message) ? "\nOr start from scratch: npm start -- --reset" : "";
    process.stderr.write(`\n${(error as Error).message}${hint}\n`);
    return 1;
  }
}

// Exit explicitly: a library's timer must not keep a finished process alive.
process.exit(await main());
