import { expect, it } from "vitest";
import { parseDestination } from "./destination.ts";

it.each([
  ["hub/app=hub:8000", { namespace: "hub", label: ["app", "hub"], port: 8000 }],
  ["hub/example.org/app=hub:8000", { namespace: "hub", label: ["example.org/app", "hub"], port: 8000 }],
  ["10.1.2.0/24:443", { cidr: "10.1.2.0/24", except: [], port: 443 }],
  ["10.1.2.3/32:443", { cidr: "10.1.2.3/32", except: [], port: 443 }],
  ["0.0.0.0/0:443", { cidr: "0.0.0.0/0", except: ["169.254.0.0/16", "168.63.129.16/32"], port: 443 }],
  ["168.0.0.0/8:443", { cidr: "168.0.0.0/8", except: ["168.63.129.16/32"], port: 443 }],
  ["169.254.0.0/16:80", null],
  ["169.254.169.0/24:80", null],
  ["168.63.129.16/32:53", null],
  ["10.1.2.3/24:443", null],
  ["10.1.2.256/32:443", null],
  ["10.1.2.0/33:443", null],
  ["10.1.2.0:443", null],
  ["hub/app:8000", null],
  ["hub/app=hub:0", null],
  ["hub/app=hub:65536", null],
  ["hub/app=hub", null],
  ["", null],
])("%s is %j", (text, expected) => {
  expect(parseDestination(text)).toEqual(expected);
});

it("a range that holds part of the cloud's own leaves out that part", () => {
  expect(parseDestination("169.252.0.0/14:443")).toEqual({
    cidr: "169.252.0.0/14",
    except: ["169.254.0.0/16"],
    port: 443,
  });
});
