import type { z } from "zod";
import type { Shape, ShapeOf } from "./shape.ts";

/**
 * The shape of what a schema allows, as far as pages need it: of a text with a few choices that it is a text, since a newer app
 * may have more of them. Not part of any page: `shapes.ts` and `console-shapes.ts` are computed when the pages are built.
 *
 * @throws for a kind of schema that no answer has had so far
 */
export function shapeOf<Schema extends z.ZodType>(schema: Schema): ShapeOf<z.output<Schema>> {
  return shapeIn(schema) as ShapeOf<z.output<Schema>>;
}

function shapeIn(schema: z.core.$ZodType): Shape {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(def.shape).map(([field, each]) => {
          const { def: inner } = (each as z.core.$ZodTypes)._zod;
          return inner.type === "optional" ? [`${field}?`, shapeIn(inner.innerType)] : [field, shapeIn(each)];
        }),
      );
    case "array":
      return [shapeIn(def.element)];
    case "union":
      return oneOf(def.options.map(shapeIn));
    case "nullable":
      return oneOf([shapeIn(def.innerType), null]);
    case "record":
      return { "*": shapeIn(def.valueType) };
    case "number":
      return "number";
    case "boolean":
      return "truth";
    case "enum":
      return "text";
    case "literal":
      return typeof def.values[0] === "boolean" ? "truth" : "text";
    case "string":
      return "format" in def && (def.format === "datetime" || def.format === "date") ? "time" : "text";
    default:
      throw new Error(`say the shape of an answer: no answer had a schema of the type ${def.type} yet`);
  }
}

/** A list of one would be a list of things. */
function oneOf([first = null, ...others]: readonly Shape[]): Shape {
  return others.length === 0 ? first : [first, ...others];
}
