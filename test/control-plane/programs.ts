import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The programs that a test started. */
export interface Programs {
  start(name: string, args: readonly string[]): void;
  /** Throws with the last output of a program if it has ended. */
  expectAlive(): void;
  /** Stops them all, newest first. */
  stop(): Promise<void>;
}

/**
 * Runs a program that is killed when our end of its standard input closes, so nothing stays behind even if this process
 * is killed or ends without cleaning up. Its data is discarded.
 */
const untilStandardInputEnds = `exec 3<&0
"$0" "$@" 3<&- &
program=$!
( cat <&3 > /dev/null; kill -9 $program ) 2> /dev/null &
exec 3<&-
wait $program`;

/** Starts programs from one folder in another working folder. */
export function programsIn(folderOfBinaries: string, workingFolder: string): Programs {
  const running: { name: string; child: ChildProcess; said: () => string }[] = [];
  return {
    start(name, args) {
      const command = ["-c", untilStandardInputEnds, join(folderOfBinaries, name), ...args];
      const child = spawn("sh", command, { cwd: workingFolder });
      let said = "";
      const listen = (text: Buffer) => (said = (said + text.toString()).slice(-4_000));
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      running.push({ name, child, said: () => said });
    },
    expectAlive() {
      const dead = running.find(({ child }) => child.exitCode !== null);
      if (dead) throw new Error(`run ${dead.name}: it has ended\n${dead.said()}`);
    },
    async stop() {
      for (const { child } of running.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.stdin?.end();
        await once(child, "exit");
      }
    },
  };
}
