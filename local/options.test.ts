import { describe, expect, it } from "vitest";
import { readOptions } from "./options.ts";

describe("the command line", () => {
  it("may be empty", () => {
    expect(readOptions([])).toMatchObject({
      sources: false,
      once: false,
      port: undefined,
      reset: false,
      kubeconfig: undefined,
    });
  });
  it("can ask for the usage text", () => {
    expect(readOptions(["--help"])).toBeNull();
  });
  it.each([
    [["--port", "http"], /--port: http is not a port/],
    [["--port", "0"], /not a port/],
    [["--port", "70000"], /not a port/],
    [["--database-url", "mysql://x"], /--database-url/],
    [["--no-such"], /--no-such/],
    [["word"], /word/],
  ])("%j is refused with the reason", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });
});
