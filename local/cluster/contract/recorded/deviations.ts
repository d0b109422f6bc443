/** An intentionally different answer of the stand-in: why, and how far. README.md gives the same reasons. */
export interface Deviation {
  why: string;
  /** What is still the same: the status and reason, or only whether it is a success. */
  same: "status" | "nothing";
}

const duplicates: Deviation = {
  why: "a field that is there twice is not noticed: the last one counts",
  same: "nothing",
};
const warnings: Deviation = { why: "it warns of fields of versions that are not served", same: "status" };
const selectors: Deviation = { why: "a selector that cannot be read is refused in other words", same: "status" };
const protobuf: Deviation = { why: "refusals are JSON, also for who wants protobuf", same: "status" };

export const deviations: Readonly<Record<string, Deviation>> = {
  "create a binding with a name twice, strictly": duplicates,
  "create a config map with a name twice, strictly": duplicates,
  "create a binding from JSON with a name twice": { ...duplicates, same: "status" },
  "create a config map from JSON with a name twice": { ...duplicates, same: "status" },
  "merge another version into a binding": warnings,
  "create a binding as another version": warnings,
  "replace a binding as another version": warnings,
  "apply a binding with spec null": { why: "null is nothing, in an apply too", same: "status" },
  "list config maps with ?labelSelector=a%20in": selectors,
  "list config maps with ?labelSelector=a%3Db%20c": selectors,
  "list config maps with ?labelSelector=%3D": selectors,
  "list config maps selected by app==a=b": selectors,
  "list bindings with ?labelSelector=a%20in": selectors,
  "delete bindings by a selector that is none": selectors,
  "a binding as protobuf": protobuf,
  "bindings as protobuf": protobuf,
  "a watch as protobuf": protobuf,
  "a watch as YAML": { why: "YAML breaks and quotes long lines otherwise", same: "status" },
  "what is not there as protobuf": protobuf,
  "create and get protobuf": protobuf,
  "replace the replicas of the scale of a deployment by a JSON patch": {
    why: "a JSON patch cannot replace what is left out because it is 0",
    same: "nothing",
  },
};
