import type { KubeObject } from "../objects.ts";
import type { Schema } from "../schema/schema.ts";
import type { Cause } from "../status.ts";

/** Everything the API needs to know about a kind of object. */
export interface Kind {
  /** "pods", "deployments.apps": what the store files it under. */
  key: string;
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Defined by a CustomResourceDefinition in a real cluster: validated and patched by other rules than a built-in kind. */
  custom: boolean;
  /** Status is written only through its own subresource. */
  hasStatus: boolean;
  hasScale: boolean;
  /** Kinds that count the changes of their spec in metadata.generation. */
  hasGeneration: boolean;
  nameRule: "subdomain" | "label" | "dns1035-label";
  schema: Schema;
  /** Of a custom resource: the columns of its table after the name. */
  printerColumns?: readonly { name: string; type: string; jsonPath: string }[];
  /** Changes the object in place. */
  setDefaults: (object: KubeObject) => void;
  validate: (object: KubeObject) => Cause[];
  validateUpdate: (object: KubeObject, before: KubeObject) => Cause[];
  /** Faults of a status that is written through its subresource; the whole object is validated if this is missing. */
  validateStatus?: (object: KubeObject) => Cause[];
}

export const apiVersionOf = (kind: Pick<Kind, "group" | "version">): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
