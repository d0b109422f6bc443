import { z } from "zod";
import { ProductError } from "../../shared/errors.ts";
import { type Order, orders, type Place as PlaceInOrder } from "../../shared/lifecycle/orders.ts";

/** A place in the list of desktops, which is ordered by the names of their Deployments. */
export interface Place {
  /** The API server's own place, which it knows for some minutes; undefined is the start. */
  from?: string | undefined;
  /** The name of the last one that was shown; nothing up to it is shown again. */
  after: string;
}

const startOfList: Place = { after: "" };

const written = z.strictObject({ from: z.string().optional(), after: z.string() });
/** A place in one of the other orders, under the name of that order. */
const writtenInOrder = z
  .partialRecord(z.enum(orders), z.tuple([z.int(), z.string()], z.string()))
  .refine((place) => Object.keys(place).length === 1);

/** The id of a desktop, which `next` was before release 1.2. */
const idAlone = /^[0-9a-f]{32}$/;

/** A place as callers get and return it, or an id alone. */
export const placeInList = z
  .string()
  .max(4_000)
  .regex(/^[A-Za-z0-9_-]+$/)
  .refine((text) => idAlone.test(text) || isWritten(text), "it is `next` of the previous page, as the API returned it");

function isWritten(text: string): boolean {
  return [written, writtenInOrder].some((schema) => schema.safeParse(jsonIn(text)).success);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** Takes what `placeInList` lets through; an id alone stands for the names up to it. Throws if it is a place in another order. */
export function parsePlace(text: string | undefined): Place {
  if (text === undefined) return startOfList;
  if (idAlone.test(text)) return { after: text };
  const place = written.safeParse(jsonIn(text)).data;
  if (!place) throw ofAnotherOrder(text, "id");
  return place;
}

export function formatPlace({ from, after }: Place): string {
  return Buffer.from(JSON.stringify({ from, after })).toString("base64url");
}

/** Takes what `placeInList` lets through. Undefined is the start. Throws if it is a place in another order. */
export function parsePlaceIn(order: Order, text: string | undefined): PlaceInOrder | undefined {
  if (text === undefined) return undefined;
  const place = writtenInOrder.safeParse(jsonIn(text)).data?.[order];
  if (!place) throw ofAnotherOrder(text, order);
  return place;
}

export function formatPlaceIn(order: Order, place: PlaceInOrder): string {
  return Buffer.from(JSON.stringify({ [order]: place })).toString("base64url");
}

function ofAnotherOrder(text: string, order: Order | "id"): ProductError {
  const [its = "id"] = Object.keys(writtenInOrder.safeParse(jsonIn(text)).data ?? {});
  return new ProductError(
    "malformed-parameter",
    `read after: it is a place in the list with sort=${its}, not sort=${order} (to begin the list again, leave after out)`,
  );
}
