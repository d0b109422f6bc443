import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const running = new Set<ChildProcess>();

/** Kills what a failed test left running. Call it at the end of a test file. */
export async function killLeftovers(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, "close");
      child.kill("SIGKILL");
      await gone;
    }),
  );
}

export interface Ended {
  code: number | null;
  signal: string | null;
  output: string;
}

/** Runs `npm start -- …` without npm around it. */
export function startProduct(
  state: string,
  ...more: string[]
): { child: ChildProcess; output: () => string; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ["local/start.ts", "--state", state, ...more], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const ended = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as string | null, output };
  });
  return { child, output: () => output, ended };
}

/** Resolves when the product has printed the text; rejects if it ends before. */
export async function untilPrinted(started: ReturnType<typeof startProduct>, text: string): Promise<void> {
  const { child, output, ended } = started;
  const over = ended.then(({ output: all }) => {
    throw new Error(`the product ended before it printed “${text}”:\n${all}`);
  });
  over.catch(() => undefined);
  while (!output().includes(text)) await Promise.race([once(child.stdout ?? child, "data"), over]);
}
