import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const sources = ["functions", "orchestrations", "shared"];

/** Compiles the product into dist/, as for a deployment, if a source has changed. Throws with the compiler's output. */
export async function buildProduct(root: string): Promise<"built" | "up to date"> {
  const stamp = join(root, "dist", ".built");
  if ((await newestChange(root)) < (await changedAt(stamp))) return "up to date";

  const compiler = spawn(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  compiler.stdout.on("data", (text: Buffer) => (said += text.toString()));
  compiler.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const [code] = (await once(compiler, "close")) as [number | null];
  if (code !== 0) throw new Error(`build the product: the compiler failed\n${said.trim()}`);
  await writeFile(stamp, "");
  return "built";
}

async function newestChange(root: string): Promise<number> {
  const files = await Promise.all(
    sources.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((file) => join(root, folder, file)),
    ),
  );
  return Math.max(...(await Promise.all([join(root, "tsconfig.build.json"), ...files.flat()].map(changedAt))));
}

/** When a file last changed, in ms since 1970; 0 if it does not exist. */
async function changedAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
