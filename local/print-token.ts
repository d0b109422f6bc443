/** `npm run -s token [NAME]` prints an access token of a sample person, for use with curl. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Running, sampleToken } from "./token.ts";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { state: { type: "string", default: ".local" } },
  });
  let running: Running;
  try {
    running = JSON.parse(await readFile(join(values.state, "running.json"), "utf8")) as Running;
  } catch {
    throw new Error("get a token: nothing runs here (run npm start in another terminal first)");
  }
  process.stdout.write(`${await sampleToken(running.issuer, positionals[0] ?? "alice")}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
