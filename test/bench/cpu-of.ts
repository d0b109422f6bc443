import type { ChildProcess } from "node:child_process";

/** What must stand before the program in the command line of a process whose CPU is measured; it needs a channel, too (`ipc`). */
export const measurable = ["--import", new URL("cpu-probe.ts", import.meta.url).href];

/** The CPU that a process has used so far, in milliseconds, as its own `process.cpuUsage` tells. */
export function cpuOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    const hear = (message: object) => {
      if (!("cpu" in message)) return;
      child.off("message", hear);
      resolve(Number(message.cpu) / 1_000);
    };
    child.on("message", hear);
    child.send("cpu");
  });
}
