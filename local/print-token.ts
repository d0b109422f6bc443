/** `npm run -s token [NAME]` prints a sample person's access token, for use with curl. */
import { parseArgs } from "node:util";
import { readRunning, sampleToken } from "./token.ts";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { state: { type: "string", default: ".local" } },
  });
  const running = await readRunning(values.state);
  process.stdout.write(`${await sampleToken(running.issuer, positionals[0] ?? "alice")}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`get a token: ${(error as Error).message.replace(/^get a token: /, "")}\n`);
  process.exitCode = 1;
}
