/** The sample people whose pages are shown. */
export const portalUser = "alice";
export const operator = "olga";
