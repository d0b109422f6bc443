/** How many faults are told: enough to begin with, and an answer stays short whatever was sent. */
const mostFaults = 10;

/** How much of one fault is told: a message may quote names that others chose. */
const mostCharacters = 300;

/** Returns the first faults in one line, and how many more there are. */
export function tellFaults(faults: readonly string[]): string {
  const told = faults.slice(0, mostFaults).map((fault) => {
    return fault.length > mostCharacters ? `${fault.slice(0, mostCharacters).toWellFormed()}…` : fault;
  });
  const more = faults.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
