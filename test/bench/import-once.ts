/** Loads the app in the current folder once, in this process, and prints what that took, as JSON. */
import { loadApp } from "@stand-in/functions-host";

const before = process.cpuUsage();
const startedAt = performance.now();
const { functions } = await loadApp({ appRoot: process.cwd() });
const { user, system } = process.cpuUsage(before);
const milliseconds = performance.now() - startedAt;
const megabytes = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(
  JSON.stringify({ cpu: (user + system) / 1_000, milliseconds, megabytes, functions: functions.size }),
);
// The compile cache is written when the process ends.
process.exit(0);
