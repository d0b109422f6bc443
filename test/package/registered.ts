/**
 * Loads the app in the current folder on the local host, and prints what it registers, as JSON: a process of its own,
 * since a process loads one copy of the library.
 */
import { loadApp } from "@stand-in/functions-host";

const { functions } = await loadApp({ appRoot: process.cwd() });
const registered = [...functions.values()].map(({ metadata: { name, bindings } }) => ({ name, bindings }));
process.stdout.write(JSON.stringify(registered));
process.exit(0);
