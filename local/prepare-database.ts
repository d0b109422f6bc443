/** `npm run prepare:database` makes Guacamole's database what the product needs, and says what it did. */
import { runPrepareDatabase } from "./run-prepare-database.ts";

try {
  process.exitCode = await runPrepareDatabase(process.argv.slice(2), process.env, (line) => {
    process.stdout.write(`${line}\n`);
  });
} catch (error) {
  process.stderr.write(`prepare Guacamole's database: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
