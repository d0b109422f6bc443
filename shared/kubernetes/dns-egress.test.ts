import fc from "fast-check";
import { expect, it } from "vitest";
import { letsOut, type Target } from "../../test/network-policy.ts";
import { samplePlan, samplePolicy, sampleSite } from "../../test/sample-plan.ts";
import { type DnsServer, parseDnsServer, usualDnsServers } from "../desktop/dns-server.ts";
import { networkPolicyManifest } from "./manifests.ts";

const serversIn = (text: string): DnsServer[] =>
  text.split(",").map((each) => {
    const server = parseDnsServer(each);
    if ("fault" in server) throw new Error(`${each} ${server.fault}`);
    return server;
  });
const policyWith = (servers: string, destinations = "none") =>
  networkPolicyManifest(samplePlan(samplePolicy({ destinations })), { ...sampleSite, dns: serversIn(servers) });
const pod = (namespace: string, labels: Record<string, string>): Target => ({ namespace, labels });
const address = (text: string): Target => ({ address: text });

it.each<[string, Target, number]>([
  ["CoreDNS of most clusters", pod("kube-system", { "k8s-app": "kube-dns" }), 53],
  ["CoreDNS of RKE2", pod("kube-system", { "k8s-app": "kube-dns", "app.kubernetes.io/name": "rke2-coredns" }), 53],
  ["NodeLocal DNSCache", address("169.254.20.10"), 53],
  ["NodeLocal DNSCache behind Cilium", pod("kube-system", { "k8s-app": "node-local-dns" }), 53],
  ["OpenShift", pod("openshift-dns", { "dns.operator.openshift.io/daemonset-dns": "default" }), 5353],
])("without a setting desktops resolve names by %s", (_, target, port) => {
  const policy = policyWith(usualDnsServers);
  expect([letsOut(policy, target, port, "UDP"), letsOut(policy, target, port, "TCP")]).toEqual([true, true]);
  for (const other of [port + 1, 80, 443, 9153]) expect(letsOut(policy, target, other, "TCP")).toBe(false);
  expect(letsOut(policy, target, port, "SCTP")).toBe(false);
});

it.each<[string, Target, number]>([
  ["the cloud's metadata", address("169.254.169.254"), 53],
  ["the cloud's metadata", address("169.254.169.254"), 80],
  ["the neighbour of NodeLocal DNSCache", address("169.254.20.11"), 53],
  ["a resolver on the internet", address("8.8.8.8"), 53],
  ["a pod that looks like CoreDNS elsewhere", pod("default", { "k8s-app": "kube-dns" }), 53],
  ["a pod that looks like CoreDNS next to the desktops", pod("guacamole", { "k8s-app": "kube-dns" }), 53],
  ["another pod of kube-system", pod("kube-system", { app: "metrics" }), 53],
  [
    "a pod that looks like OpenShift's elsewhere",
    pod("guacamole", { "dns.operator.openshift.io/daemonset-dns": "default" }),
    5353,
  ],
  ["OpenShift's on another port", pod("openshift-dns", { "dns.operator.openshift.io/daemonset-dns": "default" }), 53],
])("without a setting and destinations desktops do not reach %s (%o, %i)", (_, target, port) => {
  const policy = policyWith(usualDnsServers);
  expect([letsOut(policy, target, port, "UDP"), letsOut(policy, target, port, "TCP")]).toEqual([false, false]);
});

it("the setting replaces the usual servers", () => {
  const policy = policyWith("dns/app=resolver:1053,10.96.0.10:53,[fd00::10]:53");
  expect(letsOut(policy, pod("dns", { app: "resolver" }), 1053, "UDP")).toBe(true);
  expect(letsOut(policy, address("10.96.0.10"), 53, "UDP")).toBe(true);
  expect(letsOut(policy, address("fd00::10"), 53, "TCP")).toBe(true);
  expect(letsOut(policy, address("10.96.0.10"), 1053, "UDP")).toBe(false);
  expect(letsOut(policy, pod("kube-system", { "k8s-app": "kube-dns" }), 53, "UDP")).toBe(false);
});

it("only an asterisk in the setting opens the pods with a label in every namespace", () => {
  const policy = policyWith("*/k8s-app=kube-dns:53");
  for (const namespace of ["kube-system", "default"])
    expect(letsOut(policy, pod(namespace, { "k8s-app": "kube-dns" }), 53, "UDP")).toBe(true);
});

it("no setting and no destination opens the cloud's metadata", () => {
  const byte = fc.nat(255).map(String);
  const server = fc.oneof(
    fc.tuple(byte, byte, byte, byte).map((parts) => parts.join(".")),
    fc.tuple(byte, byte).map((parts) => `169.254.${parts.join(".")}`),
    fc.constantFrom("169.254.169.254", "169.254.170.2", "168.63.129.16"),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.constantFrom("[fd00:ec2::254]", "[fd00:ec2:0::254]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]"),
  );
  fc.assert(
    fc.property(server, fc.constantFrom(53, 80), (place, port) => {
      if ("fault" in parseDnsServer(`${place}:${port}`)) return;
      const policy = policyWith(`${place}:${port}`, "0.0.0.0/0:80,0.0.0.0/0:53");
      for (const metadata of ["169.254.169.254", "169.254.170.2", "168.63.129.16", "fd00:ec2::254"])
        for (const protocol of ["TCP", "UDP"] as const)
          expect(letsOut(policy, address(metadata), port, protocol)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
