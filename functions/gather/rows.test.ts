import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProductError } from "../../shared/errors.ts";
import { orNull } from "./rows.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what may be missing while the database does not answer", () => {
  const log: string[] = [];
  const known = async (work: Promise<string>) => {
    log.length = 0;
    const found = orNull(work, (words) => log.push(words));
    await vi.advanceTimersByTimeAsync(3_000);
    return found;
  };

  it("is what it is if the database answers, and leaves no timer", async () => {
    expect([await known(Promise.resolve("rows")), log, vi.getTimerCount()]).toEqual(["rows", [], 0]);
  });

  it("is missing, with a line in the log, if the database does not answer", async () => {
    const away = new ProductError("guacamole-unavailable", "reach guacamole's database: it does not answer");
    expect([await known(Promise.reject(away)), log]).toEqual([null, [away.message]]);
  });

  it("is missing if the database takes longer than a login waits", async () => {
    expect(await known(new Promise(() => undefined))).toBeNull();
    expect(log).toEqual(["reach guacamole's database: it has not answered for 3 seconds"]);
  });

  it("is an error for any other reason", async () => {
    const wrong = new ProductError("step-failed", "use guacamole's database: PostgreSQL refused the statement");
    await expect(orNull(Promise.reject(wrong), (words) => log.push(words))).rejects.toBe(wrong);
  });
});
