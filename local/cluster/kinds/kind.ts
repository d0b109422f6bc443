import type { KubeObject } from "../objects.ts";
import type { Schema } from "../schema/schema.ts";
import type { Cause } from "../status.ts";

/** Everything the API needs to know about a kind of object. */
export interface Kind {
  /** The key in the store: "pods", "deployments.apps". */
  key: string;
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Defined by a CustomResourceDefinition in a real cluster: different rules apply to validation and patches. */
  custom: boolean;
  /** The status is written only through its subresource. */
  hasStatus: boolean;
  hasScale: boolean;
  /** Counts changes of the spec in metadata.generation. */
  hasGeneration: boolean;
  nameRule: "subdomain" | "label" | "dns1035-label";
  schema: Schema;
  /** For a custom resource: the columns of its table after the name. */
  printerColumns?: readonly { name: string; type: string; jsonPath: string }[];
  /** Changes the object in place. */
  setDefaults: (object: KubeObject) => void;
  validate: (object: KubeObject) => Cause[];
  validateUpdate: (object: KubeObject, before: KubeObject) => Cause[];
  /** Validates a status that is written through its subresource. If missing, the whole object is validated. */
  validateStatus?: (object: KubeObject) => Cause[];
}

export const apiVersionOf = (kind: Pick<Kind, "group" | "version">): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
