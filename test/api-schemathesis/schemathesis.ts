import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache/schemathesis", import.meta.url));
const requirements = join(folder, "requirements.txt");

interface Run {
  code: number | null;
  output: string;
}

/** How to start schemathesis, or why it cannot be started. */
export type Schemathesis = { python: string; environment: Record<string, string> } | { missing: string };

/**
 * Installs requirements.txt once into its own folder: a virtual environment, or a plain folder if Python has no venv or
 * ensurepip (Debian packages them separately, as python3-venv).
 */
export async function installSchemathesis(): Promise<Schemathesis> {
  await mkdir(cache, { recursive: true });
  const version = await run("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  if (version.code !== 0) return { missing: "python3 is not installed" };
  const [major = 0, minor = 0] = version.output.trim().split(".").map(Number);
  if (major !== 3 || minor < 10)
    return { missing: `schemathesis needs Python 3.10 or newer, found ${version.output.trim()}` };

  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .update(version.output)
    .digest("hex");
  const place = join(cache, hash.slice(0, 16));
  const inVenv = { python: join(place, "bin/python"), environment: {} };
  const inFolder = { python: "python3", environment: { PYTHONPATH: join(place, "packages") } };
  for (const found of [inVenv, inFolder]) if (await works(found)) return found;

  await rm(place, { recursive: true, force: true });
  const venv = await run("python3", ["-m", "venv", place]);
  const installed =
    venv.code === 0
      ? await run(inVenv.python, ["-m", "pip", "install", "--quiet", "--requirement", requirements])
      : await run("python3", [
          ...["-m", "pip", "install", "--quiet", "--requirement", requirements],
          ...["--target", join(place, "packages")],
        ]);
  for (const found of [inVenv, inFolder]) if (await works(found)) return found;
  return { missing: `schemathesis cannot be installed: ${lastLine(installed.output) || lastLine(venv.output)}` };
}

async function works({ python, environment }: { python: string; environment: Record<string, string> }) {
  if (python.startsWith("/") && !(await exists(python))) return false;
  if (environment["PYTHONPATH"] !== undefined && !(await exists(environment["PYTHONPATH"]))) return false;
  return (await run(python, ["-m", "schemathesis.cli", "--version"], environment)).code === 0;
}

/** Runs schemathesis against the API at this URL. Returns its report and the number of cases that it tried. */
export async function runSchemathesis(
  { python, environment }: { python: string; environment: Record<string, string> },
  { url, token, name, tags }: { url: string; token: string; name: string; tags: readonly string[] },
): Promise<Run & { cases: number }> {
  const report = join(cache, `report-${name.replaceAll(/[^a-z]+/g, "-")}.txt`);
  const ran = await run(
    python,
    [
      ...[
        "-m",
        "schemathesis.cli",
        "--config-file",
        join(folder, "schemathesis.toml"),
        "run",
        `${url}/api/openapi.json`,
      ],
      "--no-color",
      ...tags.flatMap((tag) => ["--include-tag", tag]),
    ],
    { ...environment, API_TOKEN: token },
  );
  await writeFile(report, ran.output);
  return { ...ran, cases: Number(/(\d+) generated/.exec(ran.output)?.[1] ?? 0) };
}

async function run(command: string, args: readonly string[], more: Record<string, string> = {}): Promise<Run> {
  const child = spawn(command, args, {
    cwd: cache,
    env: {
      ...process.env,
      PYTHONHASHSEED: "0",
      PYTHONDONTWRITEBYTECODE: "1",
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  } catch (error) {
    return { code: null, output: (error as Error).message };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
