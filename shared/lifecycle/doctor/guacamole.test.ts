import { expect, it } from "vitest";
import { checkUserNames } from "./guacamole.ts";

const rules = {
  entityTemplate: "{workspace}@{username}",
  secret: "",
};

it.each([
  ["Alice.Smith@example.org", "{username}@example.org"],
  ["ALICE.SMITH", "{username}"],
])("tells by which rule people are named, and not who opened a desktop as %s", (openedBy, seen) => {
  const evidence = {
    workspace: "asthma-cohort",
    username: "alice.smith",
    openedBy,
    openedAt: "2026-11-01T09:00:00.000Z",
    readers: [],
    hasPlainUser: false,
  };
  const check = checkUserNames({ names: { known: [evidence] } } as never, rules as never);
  expect(check.findings[0]?.what).toBe(
    `people open their desktops as ${seen}, and GUACAMOLE_ENTITY_TEMPLATE is {workspace}@{username}`,
  );
  expect(JSON.stringify(check)).not.toMatch(/alice/i);
});
