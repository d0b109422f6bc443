import { z } from "zod";
import { type ErrorCode, errorCodes } from "../../shared/errors.ts";

/** What the schemas of answers are made of. */

export const time = z.iso.datetime().meta({ examples: ["2026-11-24T09:30:00.000Z"] });
export const code = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);
export const words = z.string();
