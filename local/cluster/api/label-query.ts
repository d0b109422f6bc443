import { checkKey, checkName } from "../kinds/names.ts";
import { badRequest } from "../status.ts";

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const word = "[^\\s,=!()<>]*";
const setBased = new RegExp(`^(${word})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const comparison = new RegExp(`^(${word})\\s*(==|=|!=|<|>)\\s*(${word})$`);
const existence = new RegExp(`^(!?)\\s*(${word})$`);

/** Parses the labelSelector of a list or watch. Throws 400 if it is invalid. Source: apimachinery/pkg/labels. */
export function parseLabelQuery(text: string): Requirement {
  if (text.trim() === "") return () => true;
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  if (parts[0] === "") throw badRequest("found ',', expected: !, identifier, or 'end of string'");
  const requirements = parts.map((part) => {
    if (part === "") throw badRequest("found '', expected: identifier after ','");
    return parseRequirement(part);
  });
  return (labels) => requirements.every((requirement) => requirement(labels));
}

function parseRequirement(text: string): Requirement {
  const set = setBased.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    refuseSpaces(values);
    check(key, values);
    const isIn = (labels: Labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === "in" ? isIn : (labels) => !isIn(labels);
  }
  const compared = comparison.exec(text);
  if (compared !== null) {
    const [, key = "", operator = "", value = ""] = compared;
    return operator === "<" || operator === ">" ? byNumber(key, operator, value) : byValue(key, operator, value);
  }
  const exists = existence.exec(text);
  if (exists === null) throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
  const [, not, key = ""] = exists;
  check(key, []);
  return (labels) => (labels[key] === undefined) === (not === "!");
}

function byValue(key: string, operator: string, value: string): Requirement {
  check(key, [value]);
  return (labels) => (labels[key] === value) === (operator !== "!=");
}

function byNumber(key: string, operator: "<" | ">", value: string): Requirement {
  check(key, []);
  if (!/^\d+$/.test(value))
    throw badRequest(
      `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  return (labels) => {
    const own = labels[key];
    if (own === undefined || !/^\d+$/.test(own)) return false;
    return operator === ">" ? BigInt(own) > BigInt(value) : BigInt(own) < BigInt(value);
  };
}

function refuseSpaces(values: readonly string[]): void {
  for (const value of values) {
    const second = /\s(\S+)/.exec(value)?.[1];
    if (second !== undefined) throw badRequest(`unable to parse requirement: found '${second}', expected: ',' or ')'`);
  }
}

function check(key: string, values: readonly string[]): void {
  const ofKey = checkKey(key, "<nil>");
  const ofValues = values.flatMap((value, i) => checkName(value, "label value", `values[${i}][${key}]`));
  const faults = (ofKey.length > 0 ? ofKey : ofValues).map(({ field, message }) => `${field}: ${message}`);
  if (faults.length > 0)
    throw badRequest(
      `unable to parse requirement: ${faults.length > 1 ? `[${faults.join(", ")}]` : (faults[0] ?? "")}`,
    );
}
