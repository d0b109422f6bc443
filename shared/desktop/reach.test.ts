import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../errors.ts";
import { parsePolicy } from "./policy.ts";
import { parseProtectedPlace, protectedPlaces, type ReachLimits, withinReach } from "./reach.ts";

const limits = (changes: Partial<Parameters<typeof protectedPlaces>[0]> = {}, wide = false): ReachLimits => ({
  namespace: "desktops",
  wide,
  protected: protectedPlaces({
    guacd: { namespace: "guacamole", labels: { app: "guacd", tier: "proxy" } },
    guacamole: { namespace: "guacamole", labels: { app: "web" } },
    database: { host: "10.1.2.3", port: 5432, namespace: "desktops" },
    apiServer: "10.0.0.1",
    others: [{ what: "this app", cidr: "10.9.0.0/24" }],
    ...changes,
  }),
});

function destinationsOf(destinations: string, within = limits()) {
  const policy = parsePolicy({ image: "example.org/desktop:1", destinations });
  if ("faults" in policy) throw new Error(policy.faults.map(({ reason }) => reason).join());
  const result = withinReach("cohort-a", policy, within);
  return isRefusal(result) ? result.reason : result.destinations;
}

describe("a policy's destinations are refused if they reach", () => {
  it.each([
    ["guacd by its label", "guacamole/app=guacd:8080", "reach guacd"],
    ["guacd by another of its labels", "guacamole/tier=proxy:22", "reach guacd"],
    ["guacd's port under any label", "guacamole/pod=x:4822", "port 4822"],
    ["guacd's port in a range", "10.2.0.0/16:4822", "port 4822"],
    ["Guacamole", "guacamole/app=web:8080", "reach Guacamole"],
    ["the database's address", "10.1.2.3/32:5432", "reach the database"],
    ["the database's address on another port", "10.1.2.3/32:22", "reach the database"],
    ["the API server's address", "10.0.0.1/32:443", "reach the API server"],
    ["the API server's pods", "kube-system/component=kube-apiserver:6443", "reach the API server"],
    ["a part of what a setting protects", "10.9.0.128/25:443", "reach this app"],
    ["other desktops", "desktops/xlscsde.nhs.uk/purpose=workspace-client:5900", "reach other desktops"],
    ["everything", "0.0.0.0/0:443", "wider than /16"],
    ["half of everything", "128.0.0.0/1:443", "wider than /16"],
    ["a range a bit too wide", "10.2.0.0/15:443", "wider than /16"],
  ])("%s", (_what, destinations, words) => {
    const reason = destinationsOf(`jupyterhub/app=jupyterhub:8000,${destinations}`);
    expect(reason).toContain(`policy of cohort-a: destinations`);
    expect(reason).toContain(words);
  });

  it.each([
    ["db.databases.svc.cluster.local", "databases/app=anything:5432"],
    ["db.databases", "databases/app=anything:5432"],
    ["db", "desktops/app=anything:5432"],
  ])("the database's namespace on its port, if the database is the Service %s", (host, destinations) => {
    const within = limits({ database: { host, port: 5432, namespace: "desktops" } });
    expect(destinationsOf(destinations, within)).toContain("reach the database");
    expect(destinationsOf(destinations.replace("5432", "5433"), within)).toHaveLength(1);
    const behind = limits({ database: { host, port: 6432, namespace: "desktops" } });
    expect(destinationsOf(destinations, behind), "the pod's port").toContain("reach the database");
  });
});

describe("a policy's destinations are accepted if they", () => {
  it("name a hub, a host or a /16, and nothing that is protected", () => {
    expect(
      destinationsOf("jupyterhub/app=jupyterhub:8000,192.0.2.4/32:443,10.2.0.0/16:443,guacamole/app=wiki:80"),
    ).toHaveLength(4);
  });

  it("are a range with protected addresses in it: those are left out", () => {
    expect(destinationsOf("10.1.0.0/16:443")).toEqual([{ cidr: "10.1.0.0/16", port: 443, except: ["10.1.2.3/32"] }]);
  });

  it("are wide and the setting allows it: what is protected stays closed", () => {
    expect(destinationsOf("0.0.0.0/0:443", limits({}, true))).toEqual([
      {
        cidr: "0.0.0.0/0",
        port: 443,
        except: ["169.254.0.0/16", "168.63.129.16/32", "10.0.0.1/32", "10.1.2.3/32", "10.9.0.0/24"],
      },
    ]);
  });
});

it("no accepted range opens a protected address, whatever the range and the addresses are", () => {
  const address = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
  const near = fc.constantFrom("10.1.2.3", "10.1.2.2", "10.1.0.0", "10.0.0.1");
  const host = fc.oneof(
    near,
    address.map((octets) => octets.join(".")),
  );
  const range = fc.tuple(host, fc.integer({ min: 0, max: 32 })).map(([text, bits]) => {
    const value = text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const first = Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${bits}`;
  });
  fc.assert(
    fc.property(range, host, fc.boolean(), (cidr, database, wide) => {
      const within = limits({ database: { host: database, port: 5432, namespace: "desktops" } }, wide);
      let destinations: ReturnType<typeof destinationsOf>;
      try {
        destinations = destinationsOf(`${cidr}:443`, within);
      } catch {
        return; // inside the platform's own addresses
      }
      if (typeof destinations === "string") return;
      for (const destination of destinations) {
        const [open, closed] = [new BlockList(), new BlockList()];
        if (!("cidr" in destination)) throw new Error("a range became something else");
        for (const [list, each] of [
          [open, destination.cidr],
          ...destination.except.map((each) => [closed, each] as const),
        ] as const) {
          const [net = "", bits] = each.split("/");
          list.addSubnet(net, Number(bits));
        }
        for (const hidden of [database, "10.0.0.1", "10.9.0.77"])
          expect(open.check(hidden) && !closed.check(hidden)).toBe(false);
      }
    }),
  );
});

it("a place that settings protect is a label in a namespace, or a range", () => {
  expect(parseProtectedPlace("apps/app=functions")).toMatchObject({ namespace: "apps", labels: { app: "functions" } });
  expect(parseProtectedPlace("10.0.0.4/32")).toMatchObject({ cidr: "10.0.0.4/32" });
  for (const text of ["*/*=*", "apps/*=*", "apps", "10.0.0.4", "10.0.0.4/8", "apps/app=a:80"])
    expect(parseProtectedPlace(text)).toBeNull();
});
