import type { Channel } from "../tabs.ts";

/** What the tabs of one browser tell each other. */
export interface Told {
  operation: string;
  says: "mine" | "whose";
}

export type Opener = ReturnType<typeof openerOf>;

/** What one tab remembers through a reload; a tab that is opened as its copy has it, too. */
export type TabMemory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The operation that this tab opens at its end. */
const key = "portal.opens";

/**
 * Decides if this tab opens the desktop when the start that it follows has ended. Only the one does in which its person asked
 * for it last, also after a reload: whoever finds a start that began elsewhere, in another tab, another browser or at the
 * login, has something else before them, and is offered it.
 *
 * @param tabs null if tabs cannot tell each other anything
 * @param lost called when this tab will not open it
 */
export function openerOf(tabs: Channel<Told> | null, memory: TabMemory, lost: () => void) {
  let mine: string | null = null;
  if (tabs)
    tabs.onmessage = ({ data: { operation, says } }) => {
      if (operation !== mine) return;
      if (says === "whose") tabs.postMessage({ operation, says: "mine" });
      else {
        forget();
        lost();
      }
    };
  function forget(): void {
    mine = null;
    memory.removeItem(key);
  }
  const claim = (operation: string, says: Told["says"]) => {
    mine = operation;
    tabs?.postMessage({ operation, says });
  };
  return {
    /** Its person asked for it in this tab. */
    take: (operation: string) => {
      memory.setItem(key, operation);
      claim(operation, "mine");
    },
    /** This tab found a start that is under way. If it began here, a copy of this tab may think so, too. */
    find: (operation: string) => {
      if (memory.getItem(key) === operation) claim(operation, "whose");
      else lost();
    },
    opens: (operation: string): boolean => operation === mine,
    forget,
  };
}
