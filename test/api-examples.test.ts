import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemAnswer } from "../functions/http/answers.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

const text = await readFile(new URL("../docs/api.md", import.meta.url), "utf8");
const [introduction = "", ...sections] = text.split(/^### /m);
const sectionOf = new Map(sections.map((section) => [section.split("\n")[0] ?? "", section]));
const jsonIn = (part: string) =>
  [...part.matchAll(/```json\n(.*?)```/gs)].map(([, json]): unknown => JSON.parse(json ?? ""));

let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

describe("docs/api.md", () => {
  it("has a section for every endpoint, and no others", () => {
    const endpoints = estate.described.map(({ method, path }) => `${method} /${path}`);
    expect([...sectionOf.keys()].sort()).toEqual(endpoints.sort());
  });

  it("has a valid example of every body and answer", () => {
    for (const { method, path, endpoint } of estate.described) {
      const name = `${method} /${path}`;
      const [before = "", ...answers] = (sectionOf.get(name) ?? "").split(/^Answer /m);
      const bodies = jsonIn(before);
      expect([name, bodies.length]).toEqual([name, endpoint.body && endpoint.mediaType === undefined ? 1 : 0]);
      for (const body of bodies) expect(endpoint.body?.safeParse(body).error, name).toBeUndefined();
      expect(answers.length, name).toBeGreaterThan(0);
      for (const answer of answers) {
        const status = Number(answer.slice(0, 3));
        const [example] = jsonIn(answer);
        expect(endpoint.answers[status]?.body?.safeParse(example).error, `${name} ${status}`).toBeUndefined();
        expect(endpoint.answers[status]?.body, `${name} ${status}`).toBeDefined();
      }
    }
  });

  it("has the same shapes as the examples in the API's document", () => {
    for (const { method, path, endpoint } of estate.described) {
      const name = `${method} /${path}`;
      expect([name, endpoint.example !== undefined]).toEqual([name, endpoint.body !== undefined]);
      if (endpoint.body) expect(endpoint.body.safeParse(endpoint.example).error, name).toBeUndefined();
      for (const [status, { body, example }] of Object.entries(endpoint.answers))
        if (body) expect(body.safeParse(example).error, `${name} ${status}`).toBeUndefined();
    }
  });

  it("shows a problem as the API returns it", () => {
    expect(problemAnswer.safeParse(jsonIn(introduction)[0]).error).toBeUndefined();
  });
});
