import { isJsonObject, textOf, type JsonObject } from "../objects.ts";
import { refused, required, wrong, type Cause } from "../status.ts";
import { checkKey, checkLabels, checkName } from "./names.ts";
import { listOf } from "./validate-ports.ts";

/** Faults of a label selector. Source: pkg/apis/meta/v1/validation of Kubernetes. */
export function checkSelector(selector: unknown, field: string): Cause[] {
  if (!isJsonObject(selector)) return [];
  const { matchLabels, matchExpressions } = selector;
  return [
    ...(isJsonObject(matchLabels) ? checkLabels(matchLabels, `${field}.matchLabels`) : []),
    ...listOf(matchExpressions).flatMap((each, i) => checkExpression(each, `${field}.matchExpressions[${i}]`)),
  ];
}

function checkExpression({ key, operator, values }: JsonObject, field: string): Cause[] {
  const given = Array.isArray(values) ? values.map(textOf) : [];
  return [
    ...checkOperator(textOf(operator ?? ""), given, field),
    ...checkKey(textOf(key ?? ""), `${field}.key`),
    ...given.flatMap((value, i) => checkName(value, "label value", `${field}.values[${i}]`)),
  ];
}

function checkOperator(operator: string, values: readonly string[], field: string): Cause[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case "Exists":
    case "DoesNotExist":
      return values.length === 0
        ? []
        : [refused(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return [wrong(`${field}.operator`, operator, "not a valid selector operator")];
  }
}
