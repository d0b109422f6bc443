/** `npm run test:provider`: builds the Keycloak provider and runs its tests. The last line of its output has the counts. */
import { testProvider } from "./maven.ts";

const { counts, words } = await testProvider();
process.stdout.write(words);
process.exitCode = counts.failed === 0 ? 0 : 1;
