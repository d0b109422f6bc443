/** What an action would do to many desktops. */
import type { Preview } from "../api/console-types.ts";
import { type Chosen, countPeople } from "./selection.ts";
import { consoleTexts as texts } from "./texts.ts";

export interface BulkPreview {
  /** To which something would happen. */
  ready: readonly Chosen[];
  people: number;
  connected: { people: number; notKnown: number };
  /** To which nothing would happen, and why. */
  left: readonly { desktop: Chosen; words: string }[];
  /** What could not be read. */
  unanswered: readonly string[];
}

/** So many calls are made at once. */
const atOnce = 3;

/**
 * Asks for each desktop what would happen to it. What cannot be told of one is said of that one, and leaves it out.
 *
 * @param tell says for people what went wrong; throws what nobody expects
 */
export async function previewAll(
  desktops: readonly Chosen[],
  look: (desktop: Chosen) => Promise<Preview>,
  tell: (error: unknown) => string,
): Promise<BulkPreview> {
  const seen = await inTurns(desktops, async (desktop) => {
    try {
      return { desktop, preview: await look(desktop) };
    } catch (error) {
      return { desktop, words: tell(error) };
    }
  });
  const ready: { desktop: Chosen; preview: Preview }[] = [];
  const left: { desktop: Chosen; words: string }[] = [];
  for (const { desktop, preview, words = "" } of seen)
    if (!preview) left.push({ desktop, words });
    else if (preview.refused) left.push({ desktop, words: preview.refused.reason });
    else if (preview.would.length === 0) left.push({ desktop, words: texts.action.nothing });
    else ready.push({ desktop, preview });
  const affected = ready.flatMap(({ preview }) => preview.desktops);
  const people = (which: boolean | null) => countPeople(affected.filter(({ connected }) => connected === which));
  return {
    ready: ready.map(({ desktop }) => desktop),
    people: countPeople(ready.map(({ desktop }) => desktop)),
    connected: { people: people(true), notKnown: people(null) },
    left,
    unanswered: [...new Set(ready.flatMap(({ preview }) => preview.unanswered))],
  };
}

/** A few at a time; the answers are in the order of the items. */
async function inTurns<Item, Answer>(items: readonly Item[], work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const line = items.entries();
  const worker = async () => {
    for (const [index, item] of line) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}
