import { signal } from "@preact/signals";

export const views = ["desktops", "desktop", "sessions", "maintenance", "drift", "queue", "health"] as const;
export type ViewName = (typeof views)[number];

/** What the address says: which view, and how its list is filtered. Everything that a colleague should see is in it. */
export type Address = Readonly<Record<string, string>> & { view: ViewName };

export function parseAddress(search: string): Address {
  const all = Object.fromEntries(new URLSearchParams(search));
  const view = views.find((each) => each === all["view"]);
  // Without an id, or with one that leads elsewhere in the API, it would ask for something else than a desktop.
  const isNone = view === "desktop" && /^\.{0,2}$/.test(all["id"] ?? "");
  return { ...all, view: isNone ? "desktops" : (view ?? "desktops") };
}

/** The query of these fields; empty ones and the first view are left out. */
export function queryOf(fields: Readonly<Record<string, string>>): string {
  const kept = Object.entries(fields).filter(
    ([name, value]) => value !== "" && !(name === "view" && value === views[0]),
  );
  const text = new URLSearchParams(kept).toString();
  return text === "" ? "" : `?${text}`;
}

export const address = signal<Address>({ view: "desktops" });

/** Goes there, as a link does: "back" comes back. */
export function go(fields: Readonly<Record<string, string>>): void {
  history.pushState(null, "", location.pathname + queryOf(fields));
  readAddress();
}

/** Reads where the page is. To be called before anything is drawn: while somebody signs in, the address is another one. */
export function readAddress(): void {
  address.value = parseAddress(location.search);
}

/** Follows the browser's "back" and "forward". Returns what ends that. */
export function followAddress(): () => void {
  addEventListener("popstate", readAddress);
  return () => {
    removeEventListener("popstate", readAddress);
  };
}
