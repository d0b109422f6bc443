import { describe, it } from "vitest";
import { describeAdoption } from "../adoption.ts";
import { startTestEstate } from "../estate.ts";
import { prepare } from "./prepared.ts";
import { usableControlPlane } from "./usable.ts";

/** The same on a real API server, whose field ownership the stand-in only imitates. */
const found = await usableControlPlane();
if ("plane" in found)
  describeAdoption("what the operator left, on a real control plane", async () => {
    const prepared = await prepare(found.plane, () => "ready");
    const estate = await startTestEstate({ admin: found.plane.admin, product: found.plane.as(prepared.token) });
    return {
      ...estate,
      async close() {
        await estate.close();
        await prepared.close();
      },
    };
  });
else
  describe("what the operator left, on a real control plane", () => {
    it.skip(`is not tested: ${found.missing}`);
  });
