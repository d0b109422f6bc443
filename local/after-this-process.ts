import { spawn } from "node:child_process";

/**
 * Runs a shell command if this process ends before it calls the returned function, even if it is killed, as vitest's
 * workers are on Ctrl-C. In the command, "$0" is the path.
 */
export function afterThisProcess(line: string, path: string): () => void {
  // The guard waits for the end of its standard input. It has its own process group, so Ctrl-C does not reach it.
  const guard = spawn("sh", ["-c", `read -r finished || { ${line}; }`, path], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return () => {
    guard.stdin.end("finished\n");
  };
}
