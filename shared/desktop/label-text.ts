/** Labels and taints as texts: the rules of apimachinery/pkg/util/validation of Kubernetes. */

const labelPart = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const labelKey = `(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?${labelPart}`;
export const labelText = new RegExp(`^${labelKey}=${labelPart}$`);
export const taint = new RegExp(`^${labelKey}(?:=${labelPart})?(?::(?:NoSchedule|PreferNoSchedule|NoExecute))?$`);
