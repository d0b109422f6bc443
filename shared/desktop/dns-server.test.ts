import { expect, it } from "vitest";
import { parseDnsServer } from "./dns-server.ts";

it.each([
  ["*/k8s-app=kube-dns:53", { namespace: null, label: ["k8s-app", "kube-dns"], port: 53 }],
  [
    "dns/app.kubernetes.io/name=coredns:1053",
    { namespace: "dns", label: ["app.kubernetes.io/name", "coredns"], port: 1053 },
  ],
  ["169.254.20.10:53", { cidr: "169.254.20.10/32", port: 53 }],
  ["10.96.0.10/32:53", { cidr: "10.96.0.10/32", port: 53 }],
  ["[fd00::10]:53", { cidr: "fd00::10/128", port: 53 }],
  ["[FD00:0:0::0010]:53", { cidr: "fd00::10/128", port: 53 }],
  ["fd00::10/128:53", { cidr: "fd00::10/128", port: 53 }],
])("%s is %j", (text, expected) => {
  expect(parseDnsServer(text)).toEqual(expected);
});

it.each([
  "",
  "53",
  "*/k8s-app=kube-dns",
  "*/k8s-app=kube-dns:0",
  "*/k8s-app=kube-dns:65536",
  "*/k8s-app:53",
  "*/k8s-app==x:53",
  "*/k8s app=x:53",
  "kube_system/k8s-app=x:53",
  "/k8s-app=x:53",
  "k8s-app=kube-dns:53",
  "10.96.0.10",
  "10.96.0.256:53",
  "10.96.0.010:53",
  "10.96.0.0/16:53",
  "0.0.0.0:53",
  "0.0.0.0/0:53",
  "fd00::10:53",
  "[fd00::10]",
  "[::]:53",
  "[::/0]:53",
  "[fe80::1%eth0]:53",
  "[::ffff:10.96.0.10]:53",
  "[::ffff:169.254.169.254]:53",
  "[64:ff9b::a9fe:a9fe]:53",
  "dns.example.org:53",
])("%s is refused, with what it should look like", (text) => {
  expect(parseDnsServer(text)).toMatchObject({
    fault: expect.stringMatching(/^has an item .*\(|^has an item that is neither/) as unknown,
  });
});

it.each([
  "169.254.169.254:53",
  "169.254.169.254/32:80",
  "169.254.170.2:53",
  "168.63.129.16:53",
  "[fd00:ec2::254]:53",
  "[fd00:0ec2:0:0::0254]:80",
])("%s is where a cloud tells who the machine is, and is never opened", (text) => {
  expect(parseDnsServer(text)).toMatchObject({
    fault: expect.stringContaining("clouds have for themselves") as unknown,
  });
});
