import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const templates = join(import.meta.dirname, "../../infra/azure");

/** Bicep's program; undefined if it is not set. */
export const program = process.env["BICEP"];

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs Bicep in infra/azure. Never throws because of what Bicep finds. */
export async function bicep(...words: string[]): Promise<Ran> {
  try {
    return { code: 0, ...(await run(program ?? "bicep", words, { cwd: templates, maxBuffer: 64 * 1024 * 1024 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ran;
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}

/** The samples whose resources are kept beside them; those with a group are deployed to it, the others to the subscription. */
export const samples: readonly { name: string; group?: string }[] = [
  { name: "storage" },
  { name: "scheduler" },
  { name: "estate", group: "rg-guacamole-workspaces" },
];

/** Writes down, or compares, which resources a file of parameters leads to. Nothing is asked of Azure. */
export function snapshot(mode: "overwrite" | "validate", file: string, group?: string): Promise<Ran> {
  return bicep(
    ...["snapshot", file, "--mode", mode],
    ...["--tenant-id", "00000000-0000-0000-0000-00000000000a"],
    ...["--subscription-id", "00000000-0000-0000-0000-00000000000b"],
    ...["--location", "uksouth", "--deployment-name", "sample"],
    ...(group === undefined ? [] : ["--resource-group", group]),
  );
}
