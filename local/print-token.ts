/** `npm run -s token [NAME]` prints an access token for use with curl: a sample person's, or that of --client. */
import { parseArgs } from "node:util";
import { readSecretFile } from "./issuer.ts";
import { clientToken, readRunning, sampleToken } from "./token.ts";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { state: { type: "string", default: ".local" } },
  });
  const { issuer, client } = await readRunning(values.state);
  const [name] = positionals;
  if (client && name !== undefined)
    throw new Error(
      `the people of ${issuer} are not the sample people (leave the name out for a token of ${client.id})`,
    );
  const token = client
    ? await clientToken(issuer, { id: client.id, secret: await readSecretFile(client.secretFile) })
    : await sampleToken(issuer, name ?? "alice");
  process.stdout.write(`${token}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`get a token: ${(error as Error).message.replace(/^get a token: /, "")}\n`);
  process.exitCode = 1;
}
