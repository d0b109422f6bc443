import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Runs a tool of node_modules by its file, in the root of the repository. Rejects with what it said if it fails. */
export async function runTool(
  root: string,
  what: string,
  [file = "", ...args]: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const tool = spawn(process.execPath, [join(root, "node_modules", file), ...args], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [tool.stdout, tool.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const [code] = (await once(tool, "close")) as [number | null];
  if (code !== 0) throw new Error(`${what}\n${said.trim()}`);
}
