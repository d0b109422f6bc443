/**
 * Activities and orchestrations that are registered only for work that an earlier release has started
 * (CONTRIBUTING, "Remove or rename an activity").
 */
export const retiredNames: readonly string[] = [];
