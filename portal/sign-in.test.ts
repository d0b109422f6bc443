import { expect, it } from "vitest";
import type { PortalSettings } from "./settings.ts";
import { rememberSignedOut, resumeSignIn, returnsFromSignOut, type Visit } from "./sign-in.ts";

/** A tab at this address, which may have been at Keycloak before. */
function tabAt(search: string, kept: Readonly<Record<string, string>> = {}) {
  const memory = new Map(Object.entries(kept));
  const shown: string[] = [];
  const never = () => {
    throw new Error("the page is left");
  };
  const visit: Visit = {
    location: { origin: "https://portal", pathname: "/", search, hash: "#a", assign: never, replace: never },
    history: { replaceState: (_data, _title, address) => void shown.push(String(address)) },
    storage: {
      getItem: (name) => memory.get(name) ?? null,
      setItem: (name, value) => void memory.set(name, value),
      removeItem: (name) => void memory.delete(name),
    },
  };
  return { visit, memory, shown };
}
const asked = { "portal.sign-out": "z" };

it("knows the page that Keycloak returns to from a sign-out once, and takes the state out of its address", () => {
  const { visit, memory, shown } = tabAt("?state=z", asked);
  expect(returnsFromSignOut(visit)).toBe(true);
  expect(shown).toEqual(["/#a"]);
  expect(memory.size).toBe(0);
  expect(returnsFromSignOut(visit)).toBe(false);
});

it.each([
  ["by the back button, without an answer", "", asked],
  ["by somebody else's link", "?state=y", asked],
  ["in a tab that asked for no sign-out", "?state=z", {}],
  ["in a tab that asked for no sign-out, and without a state", "", {}],
])("a page that is opened %s is no end of the session", (_words, search, kept) => {
  const { visit, shown } = tabAt(search, kept);
  expect(returnsFromSignOut(visit)).toBe(false);
  expect(shown).toEqual([]);
});

it("a tab that was told of the sign-out asks Keycloak nothing when it is loaded again", async () => {
  const { visit } = tabAt("", { "portal.was": "signed-in" });
  rememberSignedOut(visit);
  expect(await resumeSignIn({ issuer: "https://nobody.invalid" } as PortalSettings, visit)).toBeNull();
});
