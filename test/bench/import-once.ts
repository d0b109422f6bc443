/** Loads the app in the current folder, or a module instead, once in this process, and prints what that took, as JSON. */
import { loadApp } from "@stand-in/functions-host";

const [, , instead] = process.argv;
const before = process.cpuUsage();
const startedAt = performance.now();
await (instead === undefined ? loadApp({ appRoot: process.cwd() }) : import(instead));
const { user, system } = process.cpuUsage(before);
const milliseconds = performance.now() - startedAt;
const megabytes = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(JSON.stringify({ cpu: (user + system) / 1_000, milliseconds, megabytes }));
// The compile cache is written when the process ends.
process.exit(0);
