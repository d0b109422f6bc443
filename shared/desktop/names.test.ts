import { describe, expect, it } from "vitest";
import { deploymentName, fitsGuacamole, isUsername, isWorkspaceName, keyText, nameDesktop, personId } from "./names.ts";

const rules = { namespace: "guacamole", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };

describe("the key of a desktop as text", () => {
  it("names the workspace first", () => {
    expect(keyText({ workspace: "cohort-a", username: "alice" })).toBe("cohort-a/alice");
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
