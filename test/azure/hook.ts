import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** What hooks use of a usual system. They find no other programs than these and the stand-ins. */
const usual = ["basename", "cat", "dirname", "grep", "sed", "sh", "tr"];

export interface HookRun {
  code: number;
  stdout: string;
  stderr: string;
  /** Each call of a stand-in: its name and its words, in brackets. */
  calls: string[];
}

export interface Hooks {
  /** Puts a stand-in on the path, which notes how it is called, and then does what the shell script says. */
  program(name: string, script?: string): Promise<void>;
  /** Runs a hook of infra/azure, with this environment and nothing else. */
  run(hook: string, environment?: Record<string, string>, ...words: string[]): Promise<HookRun>;
  /** What a script has written to a file in the folder $NOTES. */
  noted(file: string): Promise<string>;
  close(): Promise<void>;
}

export async function hooksOfAzure(): Promise<Hooks> {
  const folder = await mkdtemp(join(tmpdir(), "hooks-"));
  for (const name of usual) {
    const found = ["/usr/bin", "/bin"].map((each) => join(each, name)).find((each) => existsSync(each));
    if (found !== undefined) await symlink(found, join(folder, name));
  }
  const calls = join(folder, "calls");
  await writeFile(calls, "");
  return {
    async program(name, script = "") {
      const note = `{ printf '${name}'; for each; do printf ' [%s]' "$each"; done; echo; } >> "${calls}"`;
      await writeFile(join(folder, name), `#!/bin/sh\n${note}\n${script}\n`);
      await chmod(join(folder, name), 0o755);
    },
    async run(hook, environment = {}, ...words) {
      const env = { PATH: folder, NOTES: folder, ...environment };
      const said = async (code: number, { stdout, stderr }: { stdout: string; stderr: string }) => ({
        code,
        stdout,
        stderr,
        calls: (await readFile(calls, "utf8")).split("\n").filter((line) => line !== ""),
      });
      try {
        // From elsewhere: azd runs hooks in a folder of its choice.
        return await said(0, await run(join(root, "infra/azure/hooks", hook), words, { cwd: folder, env }));
      } catch (error) {
        const failed = error as { code: number; stdout: string; stderr: string };
        return said(failed.code, failed);
      }
    },
    noted: (file) => readFile(join(folder, file), "utf8"),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
