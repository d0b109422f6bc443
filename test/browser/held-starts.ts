import type { Page } from "playwright-core";
import { systemClock } from "@stand-in/functions-host";
import { namespace } from "../estate.ts";
import { type Person, type Portal, startPortal } from "./harness.ts";

/** The product while no pod becomes ready unless a test lets it. Tokens are valid for three seconds. */
export interface HeldStarts extends Portal {
  /** From now on pods do not become ready. */
  hold(): void;
  becomeReady(): void;
  /** Signs in, presses the button and waits until the start waits for its pod. */
  start(username: string, button: string): Promise<Person>;
  /** After a test: nobody is signed in, and nobody wants a desktop. */
  tidy(): Promise<void>;
}

export async function startHeld(): Promise<HeldStarts> {
  const portal = await startPortal({}, { tokenSeconds: 3 }, systemClock);
  const set = (fault: "never-ready" | null) => {
    portal.estate.cluster.setFault({ namespace }, fault);
  };
  const becomeReady = () => {
    set(null);
  };
  return {
    ...portal,
    hold: () => {
      set("never-ready");
    },
    becomeReady,
    async start(username, button) {
      const person = await portal.signIn(username);
      await person.page.getByRole("button", { name: button }).click();
      await untilItWaits(person.page);
      return person;
    },
    async tidy() {
      becomeReady();
      await portal.leaveAll();
      for (const username of ["alice", "bob"]) await portal.estate.ask(username, null);
    },
  };
}

/** The step of a start with this name. */
export const stepOf = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

export const untilItWaits = (page: Page) => stepOf(page, "Wait until it is ready").getByText("In progress").waitFor();
