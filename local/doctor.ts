/** `npm run doctor` looks at the estate around the product, and says what is wrong and what to do. */
import { runDoctor } from "./run-doctor.ts";

try {
  const status = await runDoctor(process.argv.slice(2), process.env, (line) => {
    process.stdout.write(`${line}\n`);
  });
  // Explicitly: a library's timer must not keep a finished process alive.
  process.exit(status);
} catch (error) {
  process.stderr.write(`look at the estate: ${(error as Error).message}\n`);
  process.exit(1);
}
