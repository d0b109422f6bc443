import { z } from "zod";

/** A place in the list of desktops, which is ordered by the names of their Deployments. */
export interface Place {
  /** The API server's own place, which it knows for some minutes; undefined is the start. */
  from?: string | undefined;
  /** The name of the last one that was shown; nothing up to it is shown again. */
  after: string;
}

const startOfList: Place = { after: "" };

const written = z.strictObject({ from: z.string().optional(), after: z.string() });

/** The id of a desktop, which `next` was before release 1.2. */
const idAlone = /^[0-9a-f]{32}$/;

/** A place as callers get and return it, or an id alone. */
export const placeInList = z
  .string()
  .max(4_000)
  .regex(/^[A-Za-z0-9_-]+$/)
  .refine((text) => idAlone.test(text) || isWritten(text), "it is `next` of the previous page, as the API returned it");

function isWritten(text: string): boolean {
  try {
    return written.safeParse(JSON.parse(Buffer.from(text, "base64url").toString())).success;
  } catch {
    return false;
  }
}

/** Takes what `placeInList` lets through; an id alone stands for the names up to it. */
export function parsePlace(text: string | undefined): Place {
  if (text === undefined) return startOfList;
  if (idAlone.test(text)) return { after: text };
  return written.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
}

export function formatPlace({ from, after }: Place): string {
  return Buffer.from(JSON.stringify({ from, after })).toString("base64url");
}
