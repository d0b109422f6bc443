import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { startGroup } from "./process-group.ts";

it("stopping a group also ends a child that ignores the signal, and the ending says how the program exited", async () => {
  const program = `trap "exit 3" TERM; ( trap "" TERM; echo child; exec sleep 600 ) & wait`;
  const group = startGroup(["sh", "-c", program], { cwd: tmpdir() });
  await new Promise((resolve) => {
    group.onOutput(resolve);
  });
  // Resolves when no process has the output open any more, so when the child is gone too.
  await group.end("SIGTERM");
  expect(group.ending()).toBe("it ended with 3");
});

it("a group ends when the process that started it is killed", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const member = `require("node:net").connect(${port}, "127.0.0.1").resume()`;
  const starter = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { startGroup } from ${JSON.stringify(new URL("./process-group.ts", import.meta.url).href)};
     startGroup([process.execPath, "--eval", ${JSON.stringify(member)}], { cwd: ${JSON.stringify(tmpdir())} });`,
  ]);
  const [connection] = (await once(server, "connection")) as [Socket];
  connection.on("error", () => undefined);
  starter.kill("SIGKILL");
  await once(connection, "close");
});
