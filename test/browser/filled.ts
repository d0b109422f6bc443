import type { z } from "zod";
import { safeParse } from "zod/v4/core";

/**
 * Values by a field's name, at any depth where the schema allows them; undefined leaves the field out. Everything else is filled
 * by its schema.
 */
export type Chosen = Readonly<Record<string, unknown>>;

/** What stands in each field: a text for people by the field's name, an address, a time, a date. */
export interface Filling {
  text: (name: string) => string;
  address: string;
  time: string;
  date: string;
}

function isAllowed(schema: z.core.$ZodType, key: string, chosen: Chosen): boolean {
  return key in chosen && safeParse(schema, chosen[key]).success;
}

/**
 * The fullest answer that a schema allows: every field, one of each kind of element, and in each text what `filling` says. A
 * field that is added to a schema is in it, too.
 *
 * @throws for a kind of schema that no answer has had so far
 */
export function filled(schema: z.core.$ZodType, filling: Filling, chosen: Chosen = {}, name = ""): unknown {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const inner = (each: z.core.$ZodType, its = name) => filled(each, filling, chosen, its);
  switch (def.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(def.shape)
          .map(([key, each]) => [key, isAllowed(each, key, chosen) ? chosen[key] : inner(each, key)] as const)
          .filter(([, value]) => value !== undefined),
      );
    case "array":
      return optionsOf(def.element).map((each) => inner(each));
    case "union":
      return inner(bestOf(def.options, chosen));
    case "optional":
    case "nullable":
      return inner(def.innerType);
    case "record":
      return {
        [def.keyType._zod.def.type === "enum" ? String(inner(def.keyType)) : filling.text(name)]: inner(def.valueType),
      };
    case "enum":
      return Object.values(def.entries)[0];
    case "literal":
      return def.values[0];
    case "number":
      return 1;
    case "boolean":
      return true;
    case "string":
      return textOf(def, filling, name);
    default:
      throw new Error(`fill ${name}: no answer had a schema of the type ${def.type} yet`);
  }
}

function textOf(def: z.core.$ZodStringDef, { text, address, time, date }: Filling, name: string): string {
  const formats: Readonly<Record<string, string>> = { datetime: time, date, url: address };
  const format = "format" in def ? String(def.format) : "";
  return formats[format] ?? text(name);
}

function optionsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "union" ? def.options : [schema];
}

/** The one that a chosen value is of, if any is. */
function bestOf(options: readonly z.core.$ZodType[], chosen: Chosen): z.core.$ZodType {
  const fits = (option: z.core.$ZodType): boolean => {
    const { def } = (option as z.core.$ZodTypes)._zod;
    if (def.type !== "object") return false;
    return Object.entries(def.shape).some(([key, field]) => {
      const { def: own } = (field as z.core.$ZodTypes)._zod;
      return own.type === "literal" && key in chosen && own.values.includes(chosen[key] as never);
    });
  };
  const found = options.find(fits) ?? options.find((option) => option._zod.def.type === "object") ?? options[0];
  if (!found) throw new Error("fill a union: it has no options");
  return found;
}
