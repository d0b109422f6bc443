/** Chance that falls out the same for the same seed. */
export interface Chance {
  happens(probability: number): boolean;
  between(from: number, to: number): number;
  /** Many small ones and few large ones: even on a logarithmic scale. */
  spread(from: number, to: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** mulberry32 (Tommy Ettinger, public domain). Each purpose has a stream of its own, so that none disturbs another. */
export function chanceOf(seed: number, purpose: string): Chance {
  let state = seed | 0;
  for (const letter of purpose) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number) => from + next() * (to - from);
  return {
    happens: (probability) => next() < probability,
    between,
    spread: (from, to) => Math.exp(between(Math.log(from), Math.log(to))),
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
  };
}
