import { expect, it } from "vitest";
import { usernameLabel } from "./labels.ts";

it("a label can be shared by two usernames", () => {
  expect(usernameLabel("alice@example.org")).toBe("alice___example.org");
  expect(usernameLabel("alice+-example.org")).toBe("alice___example.org");
});

it.each([["a".repeat(64)], ["alice@"], ["_alice"]])("a label cannot hold %s", (username) => {
  expect(usernameLabel(username)).toBeNull();
});
