import { type DesktopState, desktopStates } from "../desktop/state.ts";
import type { EstateDesktop, ListedDesktop, WholeEstate } from "./listed-desktop.ts";

/** The fields by which the list of all desktops can be ordered. */
const fields = ["username", "workspace", "state", "since", "endsAt", "lastSeen"] as const;
type Field = (typeof fields)[number];

/** By a field, or with a minus the other way round, as in JSON:API (https://jsonapi.org/format/#fetching-sorting). */
type ByField = Field | `-${Field}`;
export type Order = "worst" | ByField;
export const orders: readonly Order[] = ["worst", ...fields.flatMap((field): ByField[] => [field, `-${field}`])];

/**
 * Where a desktop stands in an order. What is compared comes first: a group, which is never turned round, and a text.
 * The rest breaks ties, so that two desktops never have the same place. It ends with the desktop's id.
 */
export type Place = readonly [group: number, key: string, ...ties: string[]];

export interface Placed {
  desktop: EstateDesktop;
  place: Place;
}

type Ordered = Pick<
  ListedDesktop,
  "id" | "username" | "workspace" | "state" | "since" | "action" | "endsAt" | "lastSeen"
>;

/** Groups: what is not known comes last in both directions. */
const known = 0;
const notKnown = 1;

function placeBy(order: ByField, desktop: Ordered): Place {
  const key = keyOf(fieldOf(order), desktop);
  const { username, workspace, id } = desktop;
  return [key === undefined ? notKnown : known, key ?? "", username, workspace, id];
}

/** @returns less than 0 if the one comes first in this order */
export function comparePlaces(order: Order, one: Place, other: Place): number {
  if (one[0] !== other[0]) return one[0] - other[0];
  const byKey = order.startsWith("-") ? compare(other[1], one[1]) : compare(one[1], other[1]);
  // Few are equal so far, and a list of ties for each comparison took most of the time.
  if (byKey !== 0) return byKey;
  const [, , ...ties] = one;
  const [, , ...otherTies] = other;
  return ties.reduce((sum, tie, at) => sum || compare(tie, otherTies[at] ?? ""), 0);
}

const keptOrders = new WeakMap<WholeEstate, Map<Order, readonly Placed[]>>();

/** All desktops in this order. Of one estate each order is made once, whoever asks. */
export function inOrder(estate: WholeEstate, order: Order): readonly Placed[] {
  const made = keptOrders.get(estate) ?? new Map<Order, readonly Placed[]>();
  keptOrders.set(estate, made);
  const placed = made.get(order) ?? placeAll(estate.desktops, order);
  made.set(order, placed);
  return placed;
}

function placeAll(desktops: readonly EstateDesktop[], order: Order): readonly Placed[] {
  // The estate begins with the worst.
  if (order === "worst") return desktops.map((desktop) => ({ desktop, place: desktop.rank }));
  return desktops
    .map((desktop) => ({ desktop, place: placeBy(order, desktop.shown) }))
    .sort((one, other) => comparePlaces(order, one.place, other.place));
}

function fieldOf(order: ByField): Field {
  return order.replace(/^-/, "") as Field;
}

/** Texts and times are compared as they are, states by how far a desktop is in its life. Undefined if it is not known. */
function keyOf(field: Field, desktop: Ordered): string | undefined {
  if (field === "state") return stageOf(desktop.state);
  // What goes with the next run has no time, and comes before everything that has.
  if (field === "endsAt" && desktop.action !== "keep") return "";
  return desktop[field];
}

function stageOf(state: DesktopState): string | undefined {
  return state === "unknown" ? undefined : String(desktopStates.indexOf(state)).padStart(2, "0");
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
