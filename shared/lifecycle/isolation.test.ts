import type { V1NetworkPolicy } from "@kubernetes/client-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFor, letsIn, letsOut, type Target } from "../../test/network-policy.ts";
import { samplePlan, samplePolicy, sampleSite } from "../../test/sample-plan.ts";
import { portsOf } from "../desktop/plan.ts";
import { networkPolicyManifest } from "../kubernetes/manifests.ts";
import { readNetworkPolicy } from "../kubernetes/network-policies.ts";
import { type JudgedPod, openingsBeyond } from "./isolation.ts";

type Spec = Pick<NonNullable<V1NetworkPolicy["spec"]>, "podSelector" | "policyTypes" | "ingress" | "egress">;
const namespace = "guacamole";
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const policy = (spec: Spec, name = "theirs"): V1NetworkPolicy => ({ metadata: { name, namespace }, spec });

const plan = samplePlan(samplePolicy({ destinations: "jupyterhub/app=jupyterhub:8000,10.1.0.0/16:443" }));
const own = networkPolicyManifest(plan, sampleSite);
const labels = { "xlscsde.nhs.uk/deployment-name": plan.names.deployment };
const desktop: JudgedPod = { labels, ports: portsOf(plan).map((port) => ({ ...port, protocol: "TCP" })) };
const openingsOf = (spec: Spec) =>
  openingsBeyond(readNetworkPolicy(own), [readNetworkPolicy(policy(spec))], desktop).map(({ edge }) => edge);

describe("another policy of the namespace opens a desktop", () => {
  it.each<[string, Spec, string[]]>([
    // lsc-sde/iac-flux-guacamole, guacamole/networkpolicy.yaml (ee1050f).
    ["the estate's ingress", { podSelector: {}, ingress: [{}] }, ["ingress from everywhere on every port"]],
    [
      "the estate's egress",
      { podSelector: {}, egress: [{}], policyTypes: ["Egress"] },
      ["egress to everywhere on every port"],
    ],
    [
      "its namespace",
      { podSelector: {}, ingress: [{ _from: [{ podSelector: {} }] }] },
      ["ingress from every pod of namespaces with kubernetes.io/metadata.name=guacamole on every port"],
    ],
    [
      "chosen by an expression",
      {
        podSelector: { matchExpressions: [{ key: "xlscsde.nhs.uk/deployment-name", operator: "Exists" }] },
        egress: [
          { to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.2.0.0/16"] } }], ports: [{ port: 1, endPort: 9 }] },
        ],
      },
      ["egress to 10.0.0.0/8 except 10.2.0.0/16 on TCP 1-9"],
    ],
    [
      "guacd on another port",
      {
        podSelector: {},
        ingress: [{ _from: [{ podSelector: { matchLabels: { app: "guacd" } } }], ports: [{ port: 22 }] }],
      },
      [expect.stringContaining("on TCP 22") as string],
    ],
    [
      "guacd's label in another namespace",
      {
        podSelector: {},
        ingress: [
          {
            _from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: "guacd" } } }],
            ports: [{ port: 5900 }],
          },
        ],
      },
      ["ingress from pods with app=guacd of every namespace on TCP 5900"],
    ],
    [
      "a port by its name",
      { podSelector: {}, ingress: [{ ports: [{ port: "vnc" }] }] },
      ["ingress from everywhere on TCP vnc"],
    ],
  ])("%s", (_, spec, edges) => {
    expect(openingsOf(spec)).toEqual(edges);
  });

  it.each<[string, Spec]>([
    ["denies everything", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }],
    ["is for other pods", { podSelector: { matchLabels: { app: "x" } }, ingress: [{}], egress: [{}] }],
    [
      "has rules for a direction that it does not deal with",
      { podSelector: {}, policyTypes: ["Ingress"], egress: [{}] },
    ],
    ["repeats the desktop's own", { ...(plain(own.spec) as Spec), podSelector: {} }],
    [
      "lets in guacd, by more labels, on the desktop's port by its name",
      {
        podSelector: {},
        ingress: [{ _from: [{ podSelector: { matchLabels: { app: "guacd", more: "x" } } }], ports: [{ port: "vnc" }] }],
      },
    ],
    [
      "opens a part of the range that is open",
      { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: "10.1.2.0/24" } }], ports: [{ port: 443 }] }] },
    ],
    ["opens a port that no container has", { podSelector: {}, ingress: [{ ports: [{ port: "another" }] }] }],
  ])("but not one that %s", (_, spec) => {
    expect(openingsOf(spec)).toEqual([]);
  });
});

describe("the verdict on any policies", () => {
  const value = fc.constantFrom("a", "b");
  const labelKey = fc.constantFrom("app", "tier");
  const expression = fc.oneof(
    fc.record({
      key: labelKey,
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.uniqueArray(value, { minLength: 1 }),
    }),
    fc.record({ key: labelKey, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  );
  const selector = fc.record(
    {
      matchLabels: fc.dictionary(labelKey, value, { maxKeys: 1 }),
      matchExpressions: fc.array(expression, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const block = fc.constantFrom(
    { cidr: "0.0.0.0/0" },
    { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
    { cidr: "10.0.0.0/9" },
    { cidr: "10.128.0.0/9" },
    { cidr: "10.1.0.0/16" },
    { cidr: "10.1.0.0/16", except: ["10.1.2.0/24"] },
    { cidr: "10.1.2.0/24" },
    { cidr: "fd00::/8", except: ["fd00:1::/32"] },
    { cidr: "fd00:1::/32" },
  );
  const peer = fc.oneof(
    fc.record({ podSelector: selector }),
    fc.record({ namespaceSelector: selector }),
    fc.record({ namespaceSelector: selector, podSelector: selector }),
    fc.record({ ipBlock: block }),
  );
  const number = fc.integer({ min: 1, max: 4 });
  const protocol = fc.constantFrom("TCP", "UDP");
  const port = fc.oneof(
    fc.record({ protocol }),
    fc.record({ protocol, port: number }, { requiredKeys: ["port"] }),
    fc.tuple(number, number).map(([one, other]) => ({ port: Math.min(one, other), endPort: Math.max(one, other) })),
  );
  const named = fc.record({ port: fc.constantFrom("vnc", "none") });
  const specWith = (ports: fc.Arbitrary<object>) => {
    const peers = fc.option(fc.array(peer, { maxLength: 3 }), { nil: undefined });
    const allPorts = fc.option(fc.array(ports, { maxLength: 2 }), { nil: undefined });
    return fc.record(
      {
        podSelector: selector,
        policyTypes: fc.subarray(["Ingress", "Egress"], { minLength: 1 }),
        ingress: fc.array(fc.record({ _from: peers, ports: allPorts }), { maxLength: 3 }),
        egress: fc.array(fc.record({ to: peers, ports: allPorts }), { maxLength: 3 }),
      },
      { requiredKeys: ["podSelector"] },
    ) as fc.Arbitrary<Spec>;
  };
  const podLabels = { app: "a" };
  const podPorts = { vnc: 2 };
  const pod: JudgedPod = { labels: podLabels, ports: [{ name: "vnc", port: 2, protocol: "TCP" }] };

  // Every packet that these policies can tell apart: labels, namespaces, addresses and ports that they name, and one of each
  // that they do not.
  const labelSets = ["a", "b", "c", undefined].flatMap((app) =>
    ["a", "b", "c", undefined].map((tier) => plain({ app, tier }) as Record<string, string>),
  );
  const ends: Target[] = [
    ...[namespace, "elsewhere"].flatMap((where) =>
      labelSets.flatMap((namespaceLabels) =>
        labelSets.flatMap((each) =>
          [{}, { vnc: 1 }, { vnc: 2 }, { vnc: 3 }, { vnc: 4 }, { vnc: 5 }, { none: 5 }].map((ports) => ({
            namespace: where,
            namespaceLabels,
            labels: each,
            ports,
          })),
        ),
      ),
    ),
    ...["9.0.0.1", "10.0.0.1", "10.1.0.1", "10.1.2.1", "10.200.0.1", "fd00::1", "fd00:1::1", "fc00::1"].map(
      (address) => ({ address }),
    ),
  ];
  const packets = (["TCP", "UDP", "SCTP"] as const).flatMap((each) => [1, 2, 3, 4, 5].map((to) => [to, each] as const));

  function isOpenByPackets(mine: V1NetworkPolicy, theirs: V1NetworkPolicy): boolean {
    const [inwards, outwards] = [isFor(theirs, podLabels, "Ingress"), isFor(theirs, podLabels, "Egress")];
    const ownInwards = isFor(mine, podLabels, "Ingress");
    const ownOutwards = isFor(mine, podLabels, "Egress");
    return ends.some((end) =>
      packets.some(
        ([to, by]) =>
          (inwards &&
            letsIn(theirs, end, to, by, by === "TCP" ? podPorts : {}) &&
            !(ownInwards && letsIn(mine, end, to, by, by === "TCP" ? podPorts : {}))) ||
          (outwards && letsOut(theirs, end, to, by) && !(ownOutwards && letsOut(mine, end, to, by))),
      ),
    );
  }

  it("is what each packet shows, by a naive evaluator", () => {
    let [open, closed] = [0, 0];
    fc.assert(
      fc.property(specWith(port), fc.array(specWith(fc.oneof(port, named)), { maxLength: 3 }), (mine, theirs) => {
        const own = policy({ ...mine, podSelector: {} }, "own");
        // Every second one takes the rules of our own, narrowed by its own ports: inside, or nearly.
        const narrowed = ({ policyTypes, ingress, egress }: Spec) =>
          plain({
            podSelector: {},
            policyTypes,
            ingress: mine.ingress?.map(({ _from, ports }, at) => ({ _from, ports: ports ?? ingress?.[at]?.ports })),
            egress: mine.egress?.map(({ to, ports }, at) => ({ to: to ?? egress?.[at]?.to, ports })),
          }) as Spec;
        const others = theirs.map((spec, at) => policy(at % 2 === 0 ? spec : narrowed(spec), `other-${at}`));
        const openings = openingsBeyond(readNetworkPolicy(own), others.map(readNetworkPolicy), pod);
        const opening = [...new Set(openings.map(({ policy: name }) => name))];
        const expected = others.filter((other) => isOpenByPackets(own, other)).map(({ metadata }) => metadata?.name);
        expect(opening).toEqual(expected);
        open += expected.length;
        closed += others.length - expected.length;
      }),
      { numRuns: 300 },
    );
    // The generator makes both, and not by being for other pods only.
    expect(open).toBeGreaterThan(50);
    expect(closed).toBeGreaterThan(50);
  });

  it("is right at every end of ranges of ports", () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 4 }))
      .map(([first, more]) => ({ port: first, endPort: first + more }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), range, (mine, theirs) => {
        const own = policy({ podSelector: {}, ingress: [{ ports: mine }] });
        const other = policy({ podSelector: {}, ingress: [{ ports: [theirs] }] });
        const openings = openingsBeyond(readNetworkPolicy(own), [readNetworkPolicy(other)], pod);
        const isOpen = Array.from({ length: 20 }, (_, to) => to).some(
          (to) => letsIn(other, { address: "10.0.0.1" }, to, "TCP") && !letsIn(own, { address: "10.0.0.1" }, to, "TCP"),
        );
        expect(openings.length > 0).toBe(isOpen);
      }),
      { numRuns: 500 },
    );
  });

  it("is right at every end of ranges of addresses", () => {
    const range = (least: number) =>
      fc.tuple(fc.nat(15), fc.integer({ min: least, max: 32 })).map(([last, bits]) => {
        const size = 2 ** (32 - bits);
        return `10.0.0.${last - (last % size)}/${bits}`;
      });
    const block = fc.record({ cidr: range(28), except: fc.array(range(29), { maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), block, (mine, theirs) => {
        const to = (blocks: object[]) =>
          [{ to: blocks.map((ipBlock) => ({ ipBlock })) }] as NonNullable<Spec["egress"]>;
        const own = policy({ podSelector: {}, egress: to(mine) });
        const other = policy({ podSelector: {}, egress: to([theirs]) });
        const openings = openingsBeyond(readNetworkPolicy(own), [readNetworkPolicy(other)], pod);
        const isOpen = Array.from({ length: 16 }, (_, last) => ({ address: `10.0.0.${last}` })).some(
          (end) => letsOut(other, end, 443, "TCP") && !letsOut(own, end, 443, "TCP"),
        );
        expect(openings.length > 0).toBe(isOpen);
      }),
      { numRuns: 500 },
    );
  });
});
