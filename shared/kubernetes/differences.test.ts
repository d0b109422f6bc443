import { expect, it } from "vitest";
import { differences } from "./differences.ts";

const spec = { ports: [{ name: "vnc", port: 5900 }], selector: { app: "a" }, type: "ClusterIP" };

it.each<[string, unknown, [string, string | undefined, string | undefined][]]>([
  ["nothing", structuredClone(spec), []],
  ["one value deep inside", { ...spec, ports: [{ name: "vnc", port: 22 }] }, [["spec.ports[0].port", "22", "5900"]]],
  ["what is missing", { ports: spec.ports, type: "ClusterIP" }, [["spec.selector", undefined, '{"app":"a"}']]],
  [
    "what was added",
    { ...spec, ports: [...spec.ports, { name: "ssh" }] },
    [["spec.ports[1]", '{"name":"ssh"}', undefined]],
  ],
  ["a list instead of an object", { ...spec, selector: [] }, [["spec.selector", "[]", '{"app":"a"}']]],
  ["everything, if there is nothing", undefined, [["spec", undefined, JSON.stringify(spec)]]],
  ["null instead of a value", { ...spec, type: null }, [["spec.type", "null", '"ClusterIP"']]],
])("the differences name %s", (_words, found, expected) => {
  expect(differences(found, spec, "spec").map((each) => [each.field, each.found, each.wanted])).toEqual(expected);
});

it("the differences are bounded", () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, index]));
  expect(differences({}, many, "spec")).toHaveLength(20);
});
