import { readSettings } from "../shared/config.ts";
import { connect } from "./app.ts";
import { register } from "./register.ts";

/** What the Functions host loads: reads the environment once, connects to the outside world, registers every function. */
register(connect(readSettings(process.env)));
