import type { Channel } from "../tabs.ts";

/** What the tabs of one browser tell each other: this tab wants to open the desktop at the end of this operation. */
export interface Told {
  operation: string;
  claim: Claim;
}

/**
 * By which one of several tabs opens it: the greatest claim, compared from left to right. No two tabs have the same.
 *
 * - When it was made, in milliseconds since 1970. Negative if the tab found the start, as after a reload: who asked for it goes
 *   before who found it, of those who asked the last does, and of those who found it the first.
 * - A random number, for claims of the same moment.
 */
export type Claim = readonly [at: number, tie: number];

export type Opener = ReturnType<typeof openerOf>;

/** What one tab remembers through a reload; a tab that is opened as its copy has it, too. */
export type TabMemory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The operation that this tab opens at its end. */
const key = "portal.opens";

const isGreater = ([at, tie]: Claim, [otherAt, otherTie]: Claim) => at > otherAt || (at === otherAt && tie > otherTie);

/**
 * Decides if this tab opens the desktop when the start that it follows has ended. Only the one does in which its person asked
 * for it last, also after a reload: whoever finds a start that began elsewhere, in another tab, another browser or at the
 * login, has something else before them, and is offered it.
 *
 * Each tab tells its claim, and who hears of a lesser one answers with their own. So all but the greatest hear of a greater
 * one, whatever crosses on the way. If one of three or more is loaded anew between a word and its arrival, none may be left: then
 * all offer it.
 *
 * @param tabs null if tabs cannot tell each other anything
 * @param lost called when this tab will not open it
 */
export function openerOf(
  tabs: Channel<Told> | null,
  memory: TabMemory,
  lost: () => void,
  { now = Date.now, random = Math.random } = {},
) {
  let mine: Told | null = null;
  if (tabs)
    tabs.onmessage = ({ data: { operation, claim } }) => {
      if (operation !== mine?.operation) return;
      if (isGreater(mine.claim, claim)) tabs.postMessage(mine);
      else if (isGreater(claim, mine.claim)) {
        forget();
        lost();
      }
    };
  function forget(): void {
    mine = null;
    memory.removeItem(key);
  }
  const claim = (operation: string, at: number) => {
    mine = { operation, claim: [at, random()] };
    tabs?.postMessage(mine);
  };
  return {
    /** Its person asked for it in this tab. */
    take: (operation: string) => {
      memory.setItem(key, operation);
      claim(operation, now());
    },
    /** This tab found a start that is under way. If it began here, a copy of this tab may think so, too. */
    find: (operation: string) => {
      if (memory.getItem(key) !== operation) lost();
      else if (mine?.operation !== operation) claim(operation, -now());
    },
    /** What was asked for in this tab, and whose end it has not seen: it may have come while the tab was being loaded again. */
    unseen: (): string | null => memory.getItem(key),
    opens: (operation: string): boolean => operation === mine?.operation,
    forget,
    /** The page ends, and knows nothing more for the others. What it remembers stays: it may come back, as after a reload. */
    stop: () => (mine = null),
  };
}
