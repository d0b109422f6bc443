import { expect, it } from "vitest";
import { parseBinding, parseWorkspace } from "./parse-workspaces.ts";

const workspace = {
  metadata: { name: "cohort" },
  spec: {
    displayName: "Cohort",
    description: "A cohort",
    validity: { availableFrom: "2026-01-01", expires: "2026-12-31" },
  },
};
const binding = {
  metadata: { name: "cohort-alice", generation: 3 },
  spec: { workspace: "cohort", username: "alice", expires: "2026-12-31", replicas: 0 },
};
const annotated = (name: string, text: string) => ({ annotations: { [`xlscsde.nhs.uk/${name}`]: text } });

function read<T>(parse: (object: object, note: (fault: string) => void) => T[], object: object) {
  const faults: string[] = [];
  return { found: parse(object, (fault) => faults.push(fault)), faults };
}

it("a workspace that cannot be read is named with every field that is wrong, and without values", () => {
  const broken = { ...workspace, spec: { displayName: "Cohort", validity: { availableFrom: "soon" } } };
  const { found, faults } = read(parseWorkspace, broken);
  expect([found, faults]).toEqual([
    [],
    [
      expect.stringMatching(
        /^AnalyticsWorkspace cohort: spec\.description: .*validity\.availableFrom: .*expires: .* \(correct it/,
      ),
    ],
  ]);
  expect(faults.join()).not.toContain("soon");
  expect(read(parseWorkspace, { metadata: { name: "cohort" }, spec: null }).faults).toHaveLength(1);
});

it.each(["", " ", "../secrets/x", "Policy", "a".repeat(254)])(
  "a workspace whose policy is %j can be read, and is named",
  (policy) => {
    const metadata = { name: "cohort", ...annotated("desktop-policy", policy) };
    const { found, faults } = read(parseWorkspace, { ...workspace, metadata });
    expect(found).toMatchObject([{ name: "cohort", policy }]);
    expect(faults).toEqual([
      expect.stringMatching(/^AnalyticsWorkspace cohort: .*does not hold the name of a ConfigMap/),
    ]);
  },
);

it.each(["", "../x", "d".repeat(57), "client.x", "Ä", " "])(
  "a binding whose desktop is called %j counts without that name",
  (deploymentName) => {
    const { found, faults } = read(parseBinding, { ...binding, status: { deploymentName } });
    expect(found).toMatchObject([{ name: "cohort-alice", username: "alice" }]);
    expect(found[0]).not.toHaveProperty("deployment");
    expect(faults).toEqual([expect.stringContaining("AnalyticsWorkspaceBinding cohort-alice: status.deploymentName")]);
  },
);

it.each([{ replicas: "one" }, { statusText: 1 }, { deploymentName: {} }, null, "ACTIVE", []])(
  "a status of %j takes nobody's entitlement away",
  (status) => {
    expect(read(parseBinding, { ...binding, status }).found).toMatchObject([{ name: "cohort-alice" }]);
  },
);

it.each(["", "many", "-1", "1.5", "1e3", "NaN"])("a scale that was seen as %j was not seen", (text) => {
  const { found, faults } = read(parseBinding, {
    ...binding,
    metadata: { ...binding.metadata, ...annotated("replicas-seen", text) },
  });
  expect(found[0]?.scale).toEqual({ replicas: 0, seen: null });
  expect(faults).toEqual([expect.stringContaining("replicas-seen is not a number")]);
});

it.each(["3", "3 ", "3 yesterday", "3 NaN", "2 2026-11-24T09:00:00.000Z", "yesterday"])(
  "a scaling that was noticed at %j was not noticed, so that it has to be found again",
  (text) => {
    const metadata = { ...binding.metadata, ...annotated("scaling-noticed", text) };
    expect(read(parseBinding, { ...binding, metadata }).found[0]?.scale).toEqual({ replicas: 0, seen: null });
  },
);

it.each<[string, object]>([
  ["rules on claims", { claims: Array(50_000).fill({}) }],
  ["rules on claims that are valid", { claims: Array(101).fill({ name: "a", operator: "IN", value: "b" }) }],
  ["text in a rule", { claims: [{ name: "a", operator: "IN", value: "b".repeat(16_385) }] }],
])("a binding with too much or too many %s entitles nobody, and is named in few words", (_, spec) => {
  const { found, faults } = read(parseBinding, { ...binding, spec: { ...binding.spec, ...spec } });
  expect([found, faults]).toEqual([
    [],
    [expect.stringMatching(/^AnalyticsWorkspaceBinding cohort-alice: spec\.claims/)],
  ]);
  expect(faults.join().length).toBeLessThan(1_000);
});

it("a workspace with a text that is too long is left out, and is named", () => {
  const { found, faults } = read(parseWorkspace, {
    ...workspace,
    spec: { ...workspace.spec, description: "x".repeat(16_385) },
  });
  expect([found, faults]).toEqual([[], [expect.stringMatching(/^AnalyticsWorkspace cohort: spec\.description: /)]]);
});
