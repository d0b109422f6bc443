import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readFromPs, readProcess } from "./process-table.ts";

const hasPs = (() => {
  try {
    return execFileSync("ps", ["-o", "pid=", "-p", String(process.pid)]).length > 0;
  } catch {
    return false;
  }
})();

const ways = [
  { way: "in this platform's way", read: readProcess },
  ...(hasPs ? [{ way: "through ps", read: readFromPs }] : []),
];

describe.each(ways)("reading a process $way", ({ read }) => {
  test("returns its whole command line, and a start time that stays the same", async () => {
    const long = "x".repeat(500);
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", "--", "-D", "/with a space", long]);
    try {
      const pid = child.pid ?? 0;
      const seen = await read(pid);
      expect(seen?.command).toContain(`setInterval(() => {}, 1e6) -- -D /with a space ${long}`);
      expect(seen?.startedAt).toMatch(/\d/);
      expect(await read(pid)).toEqual(seen);
    } finally {
      child.kill();
    }
  });

  test("returns nothing for an unused id", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "close");
    expect(await read(child.pid ?? 0)).toBeUndefined();
    expect(await read(Number.NaN)).toBeUndefined();
  });

  test("returns nothing for a process that has ended, even if its parent has not reaped it", async () => {
    const script = "{ read -r line; } <&3 & echo $!; exec sleep 1000";
    const parent = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
    try {
      const [line] = (await once(parent.stdout as Readable, "data")) as [Buffer];
      const pid = Number(line.toString());
      // sleep, unlike the shell it replaces, never reaps its children
      while ((await read(parent.pid ?? 0))?.command !== "sleep 1000") await setImmediate();
      (parent.stdio[3] as Writable).end("\n");
      while ((await read(pid)) !== undefined) await setImmediate();
      expect(() => process.kill(pid, 0)).not.toThrow(); // its id is still in use
    } finally {
      parent.kill();
    }
  });
});
