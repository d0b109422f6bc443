/** The orders of the list of desktops, as the address and the API call them. */
const fields = ["username", "workspace", "state", "since", "endsAt", "lastSeen"] as const;
export type Field = (typeof fields)[number];
export type Order = "worst" | Field | `-${Field}`;

export const usualOrder = "worst";
export const orders: readonly Order[] = [usualOrder, ...fields.flatMap((field): Order[] => [field, `-${field}`])];

export function isField(name: string): name is Field {
  return fields.some((field) => field === name);
}

/** The order that an address has. Undefined if there is no such order. */
export function orderIn(sort: string | undefined): Order | undefined {
  return sort === undefined || sort === "" ? usualOrder : orders.find((order) => order === sort);
}

export function directionOf(field: Field, order: Order): "ascending" | "descending" | undefined {
  if (order === field) return "ascending";
  return order === `-${field}` ? "descending" : undefined;
}

/** After the heading of this field was pressed: the second press turns the order round. */
export function pressed(field: Field, order: Order): Order {
  return order === field ? `-${field}` : field;
}
