import { type Chance, chanceOf } from "./chance.ts";
import type { Estate } from "./estate-model.ts";
import { day, hour, minute, second } from "./faults.ts";
import type { Process } from "./timeline.ts";
import type { Desktop, Session } from "./truth.ts";

/** A short time on workdays in which many of those who come that day log in. */
export interface Morning {
  share: number;
  fromHour: number;
  minutes: number;
}

/** Lets everybody come and go. Monday is the first day. */
export function populate(estate: Estate, seed: number, start: number, days: number, morning?: Morning): void {
  for (const desktop of estate.desktops) {
    const chance = chanceOf(seed, desktop.username);
    estate.timeline.run(live(estate, desktop, chance, { start, days, morning }));
  }
}

function* live(
  estate: Estate,
  desktop: Desktop,
  chance: Chance,
  { start, days, morning }: { start: number; days: number; morning: Morning | undefined },
): Process {
  const { now } = estate.timeline;
  for (let today = start; today < start + days * day; today += day) {
    const weekend = ((today - start) / day) % 7 >= 5;
    if (!chance.happens(weekend ? 0.05 : 0.45)) continue;
    const usually = () => (chance.happens(0.04) ? chance.between(0, 24) : chance.between(7.5, 11)) * hour;
    const inMorning = !weekend && morning && chance.happens(morning.share);
    const comesAt =
      today + (inMorning ? morning.fromHour * hour + chance.between(0, morning.minutes) * minute : usually());
    if (comesAt < now()) continue;
    yield comesAt - now();
    yield* visit(estate, desktop, chance);
  }
}

/** One day's work: sessions with breaks between them, for some hours. */
function* visit(estate: Estate, desktop: Desktop, chance: Chance): Process {
  const { now } = estate.timeline;
  const leavesAt = now() + chance.between(1.5, 9) * hour;
  if (chance.happens(0.07)) {
    // Asks, and never connects; some ask again.
    estate.ask(desktop);
    while (chance.happens(0.4)) {
      yield chance.between(5, 50) * minute;
      estate.ask(desktop);
    }
    return;
  }
  while (now() < leavesAt) {
    if (!desktop.life || !desktop.permitted || chance.happens(0.15)) estate.ask(desktop);
    for (let waited = 0; waited < 60 && (!desktop.permitted || waited === 0); waited += 1)
      yield chance.between(3, 12) * second;
    const session = yield* estate.guacamole.connect(desktop);
    if (!session) {
      yield chance.between(1, 10) * minute;
      continue;
    }
    // Who forgets to close the browser stays connected over night.
    const stays = chance.happens(0.006) ? chance.between(12.5, 20) * hour : lengthOf(chance);
    comeBackWhenCut(estate, desktop, chance, session, stays);
    if (chance.happens(0.1)) estate.timeline.run(sit(estate, desktop, chance, chance.between(1, 90) * minute));
    yield stays;
    estate.guacamole.end(session, "closed");
    yield breakOf(chance);
  }
}

function lengthOf(chance: Chance): number {
  if (chance.happens(0.2)) return chance.between(2, 120) * second;
  return chance.happens(0.75) ? chance.between(5, 90) * minute : chance.between(1.5, 5) * hour;
}

/** A refresh of the browser, a coffee, lunch that is just as long as it may be or a little longer, half a day. */
function breakOf(chance: Chance): number {
  if (chance.happens(0.3)) return chance.between(0.3, 4) * second;
  if (chance.happens(0.55)) return chance.between(1, 52) * minute;
  return chance.happens(0.5) ? chance.between(54, 68) * minute : chance.between(70, 200) * minute;
}

/** One more session beside whatever else there is. */
export function* sit(estate: Estate, desktop: Desktop, chance: Chance, milliseconds: number): Process {
  const session = yield* estate.guacamole.connect(desktop);
  if (!session) return;
  yield milliseconds;
  estate.guacamole.end(session, "closed");
}

/** When the connection breaks, most try again after some time, for about as long as they wanted to stay. */
function comeBackWhenCut(estate: Estate, desktop: Desktop, chance: Chance, session: Session, stays: number): void {
  session.onCut = () => {
    if (chance.happens(0.7)) estate.timeline.run(comeBack(estate, desktop, chance, stays));
  };
}

function* comeBack(estate: Estate, desktop: Desktop, chance: Chance, stays: number): Process {
  yield chance.spread(5 * second, 20 * minute);
  yield* sit(estate, desktop, chance, stays * chance.between(0.1, 0.6));
}
