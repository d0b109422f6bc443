import { expect, it } from "vitest";
import { connectionLink } from "./link.ts";

it("the link to a connection carries its id as Guacamole encodes it", () => {
  expect(connectionLink("http://127.0.0.1:8080/guacamole/", 12)).toBe(
    "http://127.0.0.1:8080/guacamole/#/client/MTIAYwBwb3N0Z3Jlc3Fs",
  );
});
