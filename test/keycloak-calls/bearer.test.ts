import { describeRecorded } from "./replay.ts";

await describeRecorded("bearer");
