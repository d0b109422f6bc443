/**
 * What the operator that this product replaces asks for (lsc-sde/awms-guacamole-operator at 5822fa5): counted once, with the first
 * figures of docs/performance.md and on the same machine, and not measured again. Its CPU was not recorded.
 */
export const operatorCounts: Readonly<Record<string, { requests: number; roundTrips: number }>> = {
  "new desktop": { requests: 18, roundTrips: 33 },
  "the same again": { requests: 9, roundTrips: 24 },
};
