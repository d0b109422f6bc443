import { expect, it } from "vitest";
import { openDatabase } from "./database.ts";

it("a failed transaction changes nothing, and the next one works", () => {
  const database = openDatabase(":memory:");
  const write = (key: string) => database.run("INSERT INTO meta VALUES (?, 'x')", key);
  expect(() =>
    database.transaction(() => {
      write("a");
      throw new Error("on purpose");
    }),
  ).toThrow("on purpose");
  expect(database.all("SELECT * FROM meta")).toEqual([]);
  database.transaction(() => write("b"));
  expect(database.all("SELECT key FROM meta")).toEqual([{ key: "b" }]);
});

it("a closed store commits nothing", () => {
  const database = openDatabase(":memory:");
  database.close();
  expect(() => database.transaction(() => 1)).toThrow("database is not open");
  expect(() => {
    database.close();
  }).not.toThrow();
});

it("a file that is not a store is refused with advice", () => {
  expect(() => openDatabase(import.meta.filename)).toThrow(/open store .*: file is not a database \(delete it/);
});
