import type { Channel } from "../tabs.ts";

/** What the tabs of one browser tell each other. */
export interface Told {
  operation: string;
  says: "mine" | "whose";
}

export type Opener = ReturnType<typeof openerOf>;

/**
 * Decides which of a browser's tabs opens the desktop when the start that they follow has ended: the one in which its person
 * asked for it last. A tab that only found the start, as after a reload, does so if no other tab says that it will. Nothing
 * is stored.
 *
 * @param tabs null if tabs cannot tell each other anything: then each opens what it follows
 * @param lost called when another tab will open it
 */
export function openerOf(tabs: Channel<Told> | null, lost: () => void) {
  let mine: string | null = null;
  if (tabs)
    tabs.onmessage = ({ data: { operation, says } }) => {
      if (operation !== mine) return;
      if (says === "whose") tabs.postMessage({ operation, says: "mine" });
      else {
        mine = null;
        lost();
      }
    };
  const claim = (operation: string, says: Told["says"]) => {
    mine = operation;
    tabs?.postMessage({ operation, says });
  };
  return {
    /** Its person asked for it in this tab. */
    take: (operation: string) => {
      claim(operation, "mine");
    },
    /** This tab found a start that somebody began. */
    find: (operation: string) => {
      claim(operation, "whose");
    },
    opens: (operation: string): boolean => operation === mine,
    forget: () => {
      mine = null;
    },
  };
}
