/** What the tabs of one browser tell each other. */
interface Told {
  operation: string;
  says: "mine" | "whose";
}

/** The part of a BroadcastChannel that is needed: a message reaches all tabs but the one that sends it. */
export interface Tabs {
  postMessage(told: Told): void;
  onmessage: ((event: MessageEvent<Told>) => void) | null;
}

export type Opener = ReturnType<typeof openerOf>;

/**
 * Decides which of a browser's tabs opens the desktop when the start that they follow has ended: the one in which its person
 * asked for it last. A tab that only found the start, as after a reload, does so if no other tab says that it will. Nothing
 * is stored.
 *
 * @param lost called when another tab will open it
 */
export function openerOf(tabs: Tabs, lost: () => void) {
  let mine: string | null = null;
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
    tabs.postMessage({ operation, says });
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
