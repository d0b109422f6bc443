import { readSettings } from "../shared/config.ts";
import { connect } from "./app.ts";
import { register } from "./register.ts";

/**
 * The entry point that the Functions host loads: reads the environment once, connects, and registers every function.
 */
register(connect(readSettings(process.env)));
