import { describe, expect, it } from "vitest";
import type { z } from "zod";
import * as answers from "../functions/http/answers.ts";
import * as operatorAnswers from "../functions/http/operator-answers.ts";
import * as consoleShapes from "../portal/api/console-shapes.ts";
import { faultIn, type Shape } from "../portal/api/shape.ts";
import { shapeOf } from "../portal/api/shape-of.ts";
import * as shapes from "../portal/api/shapes.ts";
import { filled, type Filling } from "./browser/filled.ts";

const filling: Filling = {
  text: (name) => name,
  address: "https://guacamole.example/",
  time: "2026-11-24T12:00:00.000Z",
  date: "2026-11-24",
};

/** What each call of the pages is answered with, and the shape that the pages want. A shape without a line here is a type error. */
const schemas: Readonly<Record<keyof typeof shapes | keyof typeof consoleShapes, z.ZodType>> = {
  problem: answers.problemAnswer,
  personsDesktop: answers.desktopAnswer,
  workspaces: answers.workspacesAnswer,
  operation: answers.operationAnswerBody,
  kept: answers.keptAnswer,
  desktops: answers.desktopsAnswer,
  oneDesktop: answers.oneDesktopAnswer,
  maintenance: answers.maintenanceAnswer,
  reconciled: answers.reconcileAnswer,
  endedSessions: answers.endedAnswer,
  queueNow: operatorAnswers.queueAnswer,
  preview: operatorAnswers.previewAnswer,
  doctor: answers.doctorAnswer,
  ready: answers.readyAnswer,
};
const all: Readonly<Record<keyof typeof schemas, Shape>> = { ...shapes, ...consoleShapes };

const pages = Object.entries(schemas).map(([name, schema]) => ({
  name,
  shape: all[name as keyof typeof schemas],
  fullest: filled(schema, filling) as Readonly<Record<string, unknown>>,
}));

describe("what the pages want of each answer", () => {
  it.each(pages)("is in the fullest one: $name", ({ shape, fullest }) => {
    expect(faultIn(shape, fullest)).toBeNull();
  });

  it.each(pages)("is missed in everything else: $name", ({ shape, fullest }) => {
    for (const other of [{}, [], null, "", "<html>", 7, true, [fullest]]) expect(faultIn(shape, other)).not.toBeNull();
    // Each field, as what JSON has no kind of value for.
    for (const path of pathsOf(shape))
      expect([path, faultIn(shape, withOther(fullest, path))]).toEqual([path, path.join(".")]);
  });

  it("is nothing that only some answers have: a run that is under way has no drift yet", () => {
    expect(faultIn(consoleShapes.reconciled, { state: "running" })).toBeNull();
  });

  it("lets a newer app have choices that a page does not know", () => {
    const newer = { ...(pages[1]?.fullest ?? {}), state: "hibernating" };
    expect(faultIn(shapes.personsDesktop, newer)).toBeNull();
  });

  it("cannot be said of a schema that no answer has had so far", () => {
    expect(() => shapeOf(answers.problemAnswer.transform(String))).toThrow(
      "no answer had a schema of the type pipe yet",
    );
  });
});

/** The fields of an answer, at any depth, of the first of several elements. Those of one of several shapes stand for themselves. */
function pathsOf(shape: Shape, path: readonly string[] = []): string[][] {
  if (Array.isArray(shape)) return shape.length === 1 ? pathsOf(shape[0] as Shape, [...path, "0"]) : [];
  if (typeof shape !== "object" || shape === null) return [];
  return Object.entries(shape).flatMap(([field, inner]) => {
    if (field === "*") return [];
    const here = [...path, field.replace("?", "")];
    return [here, ...pathsOf(inner, here)];
  });
}

function withOther(value: unknown, [field, ...rest]: readonly string[]): unknown {
  if (field === undefined) return Symbol("other");
  if (Array.isArray(value)) return [withOther(value[0], rest)];
  const known = value as Readonly<Record<string, unknown>>;
  return { ...known, [field]: withOther(known[field], rest) };
}
