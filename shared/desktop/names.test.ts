import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalUsername,
  deploymentName,
  fitsGuacamole,
  isUsername,
  isWorkspaceName,
  keyText,
  nameDesktop,
  personId,
} from "./names.ts";

const rules = { namespace: "guacamole", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };

describe("the key of a desktop as text", () => {
  it("names the workspace first", () => {
    expect(keyText({ workspace: "cohort-a", username: "alice" })).toBe("cohort-a/alice");
  });

  it("is the same in every spelling of the username", () => {
    expect(keyText({ workspace: "a", username: "Jane" })).toBe("a/jane");
  });

  it("is another one for each desktop, since no name of a workspace or a person can have a slash", () => {
    expect(keyText({ workspace: "a-b", username: "c" })).not.toBe(keyText({ workspace: "a", username: "b-c" }));
    expect([isWorkspaceName("a/b"), isUsername("a/b")]).toEqual([false, false]);
  });
});

describe("names of a desktop", () => {
  // Printed by Python: uuid.uuid5(uuid.NAMESPACE_URL, "https://workspaces.xlscsde.nhs.uk/%s/%s" % (quote(w), quote(u))).hex
  it.each([
    ["cohort-a", "alice", "98177b67d1ea5a7cbb3e5ee858330091"],
    ["ws 1", "jörg müller", "ac8a282ad9b756a78384f2ef89869a74"],
    ["a/b", "it's(me)!*@x.org", "6c7fbac9e6e1535688f78703cb1be219"],
    ["ws", "a~b_c.d-e+f", "2fc6ac8711fb5d6fa3af2e48538bde45"],
  ])("the Deployment of %s and %s has the operator's name", (workspace, username, expected) => {
    expect(deploymentName({ workspace, username })).toBe(expected);
  });

  it("follow from workspace and username alone", () => {
    expect(nameDesktop({ workspace: "cohort-a", username: "alice" }, rules)).toEqual({
      deployment: "98177b67d1ea5a7cbb3e5ee858330091",
      service: "client-98177b67d1ea5a7cbb3e5ee858330091",
      secret: "client-98177b67d1ea5a7cbb3e5ee858330091",
      networkPolicy: "client-98177b67d1ea5a7cbb3e5ee858330091",
      host: "client-98177b67d1ea5a7cbb3e5ee858330091.guacamole.svc.cluster.local",
      group: "cohort-a",
      connection: "alice",
      entity: "cohort-a@alice",
    });
  });

  it("keep a deployment name that the operator recorded", () => {
    expect(nameDesktop({ workspace: "a", username: "b" }, rules, "older").service).toBe("client-older");
  });

  it("take the template literally, whatever the names hold", () => {
    const names = nameDesktop({ workspace: "$&", username: "{workspace}" }, rules);
    expect(names.entity).toBe("$&@{workspace}");
  });

  it("fit Guacamole up to 128 characters together", () => {
    const username = "u".repeat(100);
    const of = (length: number) => nameDesktop({ workspace: "w".repeat(length), username }, rules);
    expect(fitsGuacamole(of(27))).toBe(true);
    expect(fitsGuacamole(of(28))).toBe(false);
  });

  it("stand apart for a person and for a desktop of the same words", () => {
    expect(personId("alice")).toMatch(/^[0-9a-f]{32}$/);
    expect(personId("alice")).not.toBe(personId("bob"));
  });
});

it.each([
  ["alice", true],
  ["alice@example.org", true],
  ["jo+sde@example.org", true],
  ["o'brien", true],
  ["_service", true],
  ["+alice", false],
  ["..", false],
  ["a b", false],
  ["jörg", false],
  ["a.b_c-d", true],
  ["Alice", false],
  ["аlice", false], // Cyrillic a
  ["", false],
  [".alice", false],
  ["alice/../bob", false],
  ["alice\n", false],
  ["a".repeat(129), false],
])("username %j: %s", (text, expected) => {
  expect(isUsername(text)).toBe(expected);
});

it.each([
  ["alice", "alice"],
  ["Jane.Doe@Example.org", "jane.doe@example.org"],
  ["Jo+SDE", "jo+sde"],
  // What cannot be a username stays as it is: other letters are lower-cased differently by each system.
  ["JÖRG", "JÖRG"],
  ["I\u0307stanbul", "I\u0307stanbul"],
  ["\u0130stanbul", "\u0130stanbul"],
  ["\u212Aate", "\u212Aate"], // the sign for Kelvin, whose lower case is an ASCII k
  ["STRASSE\u1E9E", "STRASSE\u1E9E"],
  ["A B", "A B"],
])("the canonical form of %j is %j", (text, expected) => {
  expect(canonicalUsername(text)).toBe(expected);
  expect(canonicalUsername(expected)).toBe(expected);
});

/** Texts near what can be a username, and others. */
const nearNames = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from("aAzZ09._@+'-/% \u00e4\u0130\u212a")), maxLength: 6 }),
  fc.string({ unit: "grapheme" }),
);

it("every name that can be a username arrives through a path as it was sent, and its spellings are one person", () => {
  fc.assert(
    fc.property(nearNames, (text) => {
      const username = canonicalUsername(text);
      fc.pre(isUsername(username));
      const { pathname } = new URL(`https://example.org/users/${encodeURIComponent(text)}/desktop`);
      expect(canonicalUsername(decodeURIComponent(pathname.split("/")[2] ?? ""))).toBe(username);
      for (const spelled of [text.toUpperCase(), text.toLowerCase()]) expect(canonicalUsername(spelled)).toBe(username);
    }),
  );
});

it("what is another person has another id, key and Deployment", () => {
  fc.assert(
    fc.property(nearNames, nearNames, (one, other) => {
      const same = canonicalUsername(one) === canonicalUsername(other);
      const names = (text: string) => {
        const username = canonicalUsername(text);
        return [
          personId(username),
          keyText({ workspace: "w", username }),
          deploymentName({ workspace: "w", username }),
        ];
      };
      const [ones, others] = [names(one), names(other)];
      expect(ones.map((name, at) => name === others[at])).toEqual([same, same, same]);
    }),
  );
});

it.each([
  ["cohort-a", true],
  ["a.b", true],
  ["Cohort", false],
  ["-a", false],
  ["a_b", false],
  ["", false],
  ["a\n", false],
])("workspace name %j: %s", (text, expected) => {
  expect(isWorkspaceName(text)).toBe(expected);
});
