import type { Page } from "playwright-core";
import { afterEach, beforeEach } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import { namespace } from "../estate.ts";
import { type Person, type Portal, usePortal } from "./harness.ts";

/** The product while no pod becomes ready unless a test lets it. Tokens are valid for three seconds. */
export interface HeldStarts extends Portal {
  becomeReady(): void;
  /** Signs in, presses the button and waits until the start waits for its pod. */
  start(username: string, button: string): Promise<Person>;
}

/** For the tests of the `describe` that calls it. After each, nobody is signed in, and nobody wants a desktop. */
export function useHeldStarts(): HeldStarts {
  const portal = usePortal({
    more: { tokenSeconds: 3 },
    clock: systemClock,
    async tidy({ estate }) {
      for (const username of ["alice", "bob"]) await estate.ask(username, null);
    },
  });
  const set = (fault: "never-ready" | null) => {
    portal.estate.cluster.setFault({ namespace }, fault);
  };
  const becomeReady = () => {
    set(null);
  };
  beforeEach(() => {
    set("never-ready");
  });
  afterEach(becomeReady);
  return Object.assign(portal, {
    becomeReady,
    async start(username: string, button: string) {
      const person = await portal.signIn(username);
      await person.page.getByRole("button", { name: button }).click();
      await untilItWaits(person.page);
      return person;
    },
  });
}

/** The step of a start with this name. */
export const stepOf = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

export const untilItWaits = (page: Page) => stepOf(page, "Wait until it is ready").getByText("In progress").waitFor();
