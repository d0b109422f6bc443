import { isJsonObject, textOf, type Json, type JsonObject, type KubeObject } from "../objects.ts";
import { required, wrong, type Cause } from "../status.ts";

interface Rule {
  pattern: RegExp;
  longest: number;
  why: string;
}

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const dns1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
const configKey = "[-._a-zA-Z0-9]+";

const exactly = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

/** Name rules and their messages: apimachinery/pkg/util/validation of Kubernetes. */
export const nameRules = {
  subdomain: {
    pattern: exactly(subdomain),
    longest: 253,
    why: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
  },
  label: {
    pattern: exactly(label),
    longest: 63,
    why: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  },
  "dns1035-label": {
    pattern: exactly(dns1035),
    longest: 63,
    why: `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${dns1035}')`,
  },
  "label value": {
    pattern: exactly(labelValue),
    longest: 63,
    why: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`,
  },
  "qualified name": {
    pattern: exactly(qualifiedName),
    longest: 63,
    why: `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`,
  },
  "config key": {
    pattern: exactly(configKey),
    longest: 253,
    why: `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${configKey}')`,
  },
} as const satisfies Record<string, Rule>;

export function checkName(value: string, rule: keyof typeof nameRules, field: string): Cause[] {
  const { pattern, longest, why } = nameRules[rule];
  const unit = rule === "label value" ? "bytes" : "characters";
  if (value.length > longest) return [wrong(field, value, `must be no more than ${longest} ${unit}`)];
  return pattern.test(value) ? [] : [wrong(field, value, why)];
}

/** The name of a part of a pod, which must have one. */
export const checkPartName = (name: Json | undefined, field: string): Cause[] =>
  typeof name === "string" && name !== "" ? checkName(name, "label", field) : [required(field)];

/** The name of another object. */
export const checkReference = (name: Json | undefined, field: string): Cause[] =>
  typeof name === "string" && name !== "" ? checkName(name, "subdomain", field) : [required(field)];

/** A label or annotation key: an optional DNS prefix and a name. */
export function checkKey(key: string, field: string): Cause[] {
  const { pattern, longest, why } = nameRules["qualified name"];
  const [name = "", prefix, ...more] = key.split("/").reverse();
  if (more.length > 0)
    return [
      wrong(
        field,
        key,
        `${why.replace("name part", "a valid label key")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ];
  if (prefix === "") return [wrong(field, key, "prefix part must be non-empty")];
  const longestPrefix = nameRules.subdomain.longest;
  if (prefix !== undefined && prefix.length > longestPrefix)
    return [wrong(field, key, `prefix part must be no more than ${longestPrefix} bytes`)];
  if (prefix !== undefined && checkName(prefix, "subdomain", field).length > 0)
    return [wrong(field, key, `prefix part ${nameRules.subdomain.why}`)];
  return [
    ...(name === "" ? [wrong(field, key, "name part must be non-empty")] : []),
    ...(name.length > longest ? [wrong(field, key, `name part must be no more than ${longest} bytes`)] : []),
    ...(name.length > longest || pattern.test(name) ? [] : [wrong(field, key, why)]),
  ];
}

/** Labels, and the labels of selectors, which have the same rules. */
export function checkLabels(labels: JsonObject, field: string): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkName(textOf(value), "label value", field),
    ...checkKey(key, field),
  ]);
}

export function checkAnnotations(annotations: JsonObject, field: string): Cause[] {
  const causes = Object.keys(annotations).flatMap((key) =>
    checkKey(key.toLowerCase(), field).map((cause) => ({
      ...cause,
      message: cause.message.replace(JSON.stringify(key.toLowerCase()), JSON.stringify(key)),
    })),
  );
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + textOf(value).length, 0);
  if (size > 256 * 1024)
    causes.push({ reason: "FieldValueTooLong", message: "Too long: must have at most 262144 bytes", field });
  return causes;
}

/** Name, labels, annotations and owners of any object. */
export function checkMetadata(object: KubeObject, nameRule: keyof typeof nameRules): Cause[] {
  const { name, labels = {}, annotations = {}, ownerReferences = [] } = object.metadata;
  const causes =
    name === ""
      ? [required("metadata.name", "name or generateName is required")]
      : checkName(name, nameRule, "metadata.name");
  causes.push(...checkLabels(labels, "metadata.labels"));
  causes.push(...checkAnnotations(annotations, "metadata.annotations"));
  ownerReferences.forEach((owner, i) => {
    const field = `metadata.ownerReferences[${i}]`;
    if (!owner.apiVersion) causes.push(wrong(`${field}.apiVersion`, "", "version must not be empty"));
    if (!owner.kind) causes.push(wrong(`${field}.kind`, "", "kind must not be empty"));
    if (!owner.name) causes.push(wrong(`${field}.name`, "", "name must not be empty"));
    if (!owner.uid) causes.push(required(`${field}.uid`, "must not be empty"));
  });
  return causes;
}

const standardFinalizers = ["foregroundDeletion", "orphan", "kubernetes"];

/** Finalizers without a domain: an error for built-in kinds, a warning for custom resources. */
export const unqualifiedFinalizers = ({ metadata: { finalizers = [] } }: KubeObject): { name: string; i: number }[] =>
  finalizers
    .map((name, i) => ({ name, i }))
    .filter(({ name }) => !name.includes("/") && !standardFinalizers.includes(name));

export const checkFinalizers = (object: KubeObject): Cause[] =>
  unqualifiedFinalizers(object).map(({ name, i }) =>
    wrong(`metadata.finalizers[${i}]`, name, "name is neither a standard finalizer name nor is it fully qualified"),
  );

/** Keys of ConfigMaps and Secrets. */
export function checkConfigKeys(data: unknown, field: string): Cause[] {
  if (!isJsonObject(data)) return [];
  return Object.keys(data).flatMap((key) => checkName(key, "config key", `${field}[${key}]`));
}
