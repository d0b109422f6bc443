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
    [["--state="], /--state: it is empty/],
    [["--kubeconfig", ""], /--kubeconfig: it is empty/],
    [["--issuer", "keycloak", "--client", "c", "--secret-file", "f"], /--issuer: keycloak is not an address/],
    [["--issuer", "ftp://k/realms/sde", "--client", "c", "--secret-file", "f"], /--issuer: ftp:.* is not an address/],
    [["--issuer", "http://k/realms/sde", "--client", "c"], /--issuer: it needs --secret-file too/],
    [["--issuer", "http://k/realms/sde", "--secret-file", "f"], /--issuer: it needs --client too/],
    [["--client", "c"], /--client: it belongs to --issuer/],
    [["--secret-file", "f"], /--secret-file: it belongs to --issuer/],
    [
      ["--issuer", "http://k/r", "--client", "c", "--secret-file", "f", "--keycloak"],
      /--keycloak: --issuer names another/,
    ],
    [["--no-such"], /--no-such/],
    [["word"], /word/],
  ])("%j is refused with the reason", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });
});
