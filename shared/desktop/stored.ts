import { z } from "zod";

/**
 * The schema of an object that is stored as JSON. Keys that it does not list are kept, so that an older release loses nothing
 * that a newer one has written. The type lists only the known keys: code cannot use the others by mistake.
 */
export function stored<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}

/**
 * An instant as `Date.prototype.toISOString` writes it, with or without fractions of a second. Always UTC: instants are
 * compared as text, and an offset would break the order.
 */
export const instant = z.iso.datetime();
