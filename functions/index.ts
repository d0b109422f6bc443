import { readSettings } from "../shared/config.ts";
import { connect } from "./app.ts";
import { portalFolder } from "./portal-folder.ts";
import { register } from "./register.ts";

/**
 * The entry point that the Functions host loads: reads the environment once, connects, and registers every function. Nobody
 * waits for the look at the estate.
 */
const app = connect(readSettings(process.env), portalFolder);
register(app);
void app.warn();
