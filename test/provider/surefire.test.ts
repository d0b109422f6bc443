import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countReport, readReports } from "./surefire.ts";

/** The head of a report as Surefire 3.5.2 writes it. */
const report = (counts: string) => `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0.2" name="a.b.ApiTest" time="1.2" ${counts}>
  <properties><property name="tests" value="99"/></properties>
  <testcase name="list" classname="a.b.ApiTest" time="0.1"/>
</testsuite>
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "surefire-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("Maven Surefire's reports", () => {
  it("count errors and failures as failed, and what is left as passed", () => {
    const counts = countReport(report('tests="10" errors="1" skipped="3" failures="2"'));
    expect(counts).toEqual({ passed: 4, failed: 3, skipped: 3 });
  });

  it("are added up, other files left out", async () => {
    await writeFile(join(folder, "TEST-a.xml"), report('tests="2" errors="0" skipped="0" failures="0"'));
    await writeFile(join(folder, "TEST-b.xml"), report('tests="3" errors="0" skipped="1" failures="1"'));
    await writeFile(join(folder, "a.txt"), "Tests run: 2");
    expect(await readReports(folder)).toEqual({ passed: 3, failed: 1, skipped: 1 });
  });

  it("count nothing where there is no folder, and fail on a report without counts", async () => {
    expect(await readReports(join(folder, "none"))).toEqual({ passed: 0, failed: 0, skipped: 0 });
    expect(() => countReport("<testsuite >")).toThrow("has no errors");
  });
});
