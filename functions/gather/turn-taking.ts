/** Chooses what is looked at in a run, if looking at everything would take too long. */
export interface TurnTaking {
  /**
   * At most so many of all: first those that are not as they were when they were last chosen, then those whose turn was
   * longest ago.
   *
   * @param all what they are like, by id
   * @param isDry true: it is nobody's turn, what is chosen is only shown
   */
  choose(all: ReadonlyMap<string, string>, isDry?: boolean): ReadonlySet<string>;
}

export function turnTaking(most: number): TurnTaking {
  /** The one whose turn was longest ago comes first. */
  const seen = new Map<string, string>();
  return {
    choose(all, isDry = false) {
      for (const id of seen.keys()) if (!all.has(id)) seen.delete(id);
      const news = [...all.keys()].filter((id) => seen.get(id) !== all.get(id));
      const isNew = new Set(news);
      const others = [...seen.keys()].filter((id) => !isNew.has(id));
      const chosen = [...news, ...others].slice(0, most);
      for (const id of isDry ? [] : chosen) {
        seen.delete(id);
        seen.set(id, all.get(id) ?? "");
      }
      return new Set(chosen);
    },
  };
}
