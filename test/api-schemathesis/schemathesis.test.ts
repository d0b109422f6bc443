import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import { sampleToken } from "../../local/token.ts";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { installSchemathesis, runSchemathesis } from "./schemathesis.ts";

const tool = await installSchemathesis();
const missing = "missing" in tool ? tool.missing : undefined;
if (missing !== undefined) process.stderr.write(`skipped: schemathesis: ${missing}\n`);

let estate: TestEstate;

// With the system clock, so that what a call starts continues between the calls.
beforeAll(async () => {
  if (missing === undefined) estate = await startTestEstate(undefined, {}, systemClock);
});
afterAll(() => (missing === undefined ? estate.close() : undefined));
/** There are desktops to ask about, whatever the previous caller did. */
beforeEach(async () => {
  await estate.call("olga", "PUT", "/maintenance", { reaping: "on", activation: "on" });
  await estate.host.whenIdle();
  await estate.ask("alice", "asthma-cohort");
  await estate.ask("bob", "cancer-registry");
});

/**
 * What each kind of caller may call. An administrator's calls about desktops come before those that remove people. A
 * service's calls come last, because they permanently decide who owns a username.
 */
const callers = [
  { name: "administrator", of: "desktops", tags: ["Desktops"], cases: 150, token: () => tokenOf("olga") },
  {
    name: "administrator",
    of: "the rest",
    tags: ["People", "Operations", "Maintenance"],
    cases: 250,
    token: () => tokenOf("olga"),
  },
  { name: "person", of: "what they have", tags: ["People", "Operations"], cases: 200, token: () => tokenOf("alice") },
  {
    name: "service",
    of: "what people have, and what needs no token",
    tags: ["People", "Operations", "Keycloak", "Health", "Document"],
    cases: 300,
    token: () => estate.identity.signToken(),
  },
];
const tokenOf = (username: string) => sampleToken(estate.identity.issuer, username);

describe.skipIf(missing !== undefined)("calls that schemathesis generates from the API's document", () => {
  it.each(callers)(
    "with the role $name, about $of, are answered as documented",
    async ({ name, of, tags, cases, token }) => {
      if ("missing" in tool) throw new Error(tool.missing);
      const ran = await runSchemathesis(tool, {
        url: estate.host.url,
        token: await token(),
        name: `${name}-${of}`,
        tags,
      });
      expect(ran.code, ran.output).toBe(0);
      expect(ran.cases).toBeGreaterThan(cases);
    },
    180_000,
  );
});
