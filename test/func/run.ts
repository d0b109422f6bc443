/** `npm run test:func`: prints which Functions host the tests run on, and runs them. Arguments go to vitest. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "./app-folder.ts";
import { chooseHost, type HostChoice } from "./choose-host.ts";

async function main(): Promise<number> {
  let choice: HostChoice;
  try {
    choice = chooseHost(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  process.stdout.write(`The tests run on ${choice.words}.\n`);
  if (choice.kind === "local")
    process.stdout.write(
      "To run them on a real one: FUNC=/path/to/func npm run test:func, or FUNCTIONS_HOST_URL=http://127.0.0.1:7071\n" +
        "npm run test:func for a host that you start yourself (README, “On a real Functions host”).\n",
    );
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const run = spawn(process.execPath, [vitest, "run", "test/func", ...process.argv.slice(2)], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(run, "close")) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
