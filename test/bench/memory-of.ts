import { readFile, writeFile } from "node:fs/promises";

/** The resident memory of a process in MB, as Linux counts it. */
export function memoryOf(pid: number) {
  const read = async (name: string): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024;
  };
  return {
    now: () => read("VmRSS"),
    /** The most since `forgetPeak`. */
    peak: () => read("VmHWM"),
    forgetPeak: () => writeFile(`/proc/${pid}/clear_refs`, "5"),
  };
}
