import { readFileSync } from "node:fs";
import type { Answer } from "./answer.ts";

/** A real API server's answers to all calls, written by `npm run record:cluster`. */
export interface Recording {
  origin: { server: string; date: string; how: string };
  answers: Record<string, Answer>;
}

export const recordingFile = new URL("answers.json", import.meta.url);

export const recording = JSON.parse(readFileSync(recordingFile, "utf8")) as Recording;
