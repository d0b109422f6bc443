import { type Signal, signal } from "@preact/signals";

export interface Decision<Wish, Seen, Answer> {
  /** What would happen; null until it is known, and again once the form says something else. */
  preview: Signal<Seen | null>;
  trouble: Signal<string | null>;
  /** What the trouble says in words; null if there is none. */
  failure: Signal<unknown>;
  busy: Signal<boolean>;
  /** The form changed: what was previewed is no longer what it says. */
  change(): void;
  look(wish: Wish): Promise<void>;
  /** Does exactly what was previewed. Resolves to the answer, or to undefined if it was not done. */
  confirm(): Promise<Answer | undefined>;
}

export interface Deciding<Wish, Seen, Answer> {
  look: (wish: Wish) => Promise<Seen>;
  act: (wish: Wish, seen: Seen) => Promise<Answer>;
}

/**
 * First what would happen, then the decision about that. The form can change while a preview is on its way: such a
 * preview is dropped, or somebody would confirm what they have not seen.
 */
export function decisionOf<Wish, Seen, Answer>(
  { look, act }: Deciding<Wish, Seen, Answer>,
  tell: (error: unknown) => string,
): Decision<Wish, Seen, Answer> {
  const preview = signal<Seen | null>(null);
  const trouble = signal<string | null>(null);
  const failure = signal<unknown>(null);
  const busy = signal(false);
  let edition = 0;
  let previewed: { wish: Wish; seen: Seen } | null = null;

  const forget = () => {
    preview.value = null;
    previewed = null;
  };
  async function attempt<Done>(work: () => Promise<Done>): Promise<Done | undefined> {
    busy.value = true;
    trouble.value = null;
    failure.value = null;
    try {
      return await work();
    } catch (error) {
      failure.value = error;
      trouble.value = tell(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  return {
    preview,
    trouble,
    failure,
    busy,
    change() {
      edition += 1;
      forget();
    },
    async look(wish) {
      if (busy.value) return;
      forget();
      const asked = edition;
      const seen = await attempt(() => look(wish));
      if (seen === undefined || asked !== edition) return;
      preview.value = seen;
      previewed = { wish, seen };
    },
    async confirm() {
      if (busy.value || previewed === null) return undefined;
      const { wish, seen } = previewed;
      const answer = await attempt(() => act(wish, seen));
      if (answer !== undefined) forget();
      return answer;
    },
  };
}
