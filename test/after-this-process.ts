import { spawn } from "node:child_process";

/**
 * Runs a line of shell when this process ends before it has called what is returned: also if it is killed, as vitest's workers are on
 * Ctrl-C. In the line, "$0" is the path.
 */
export function afterThisProcess(line: string, path: string): () => void {
  // It waits for the end of its standard input, and in a process group of its own, where Ctrl-C does not reach it.
  const guard = spawn("sh", ["-c", `read -r finished || { ${line}; }`, path], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return () => {
    guard.stdin.end("finished\n");
  };
}
