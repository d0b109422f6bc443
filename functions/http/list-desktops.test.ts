import { expect, it } from "vitest";
import type { Services } from "../services.ts";
import { listDesktops } from "./list-desktops.ts";
import { formatPlace, parsePlace } from "./place.ts";

it("shows nothing again after the API server has forgotten the place, however long the list is", async () => {
  const pages = [
    { from: undefined, names: ["a", "b"], next: "1" },
    { from: "1", names: ["c", "d"], next: "2" },
    { from: "2", names: ["e"], next: "3" },
    { from: "3", names: [], next: undefined },
  ];
  const desktops = {
    pageOfDeployed: (_: number, from: string | undefined) => {
      const page = pages.find((each) => each.from === from);
      const deployed = page?.names.map((deployment) => ({ names: { deployment }, workspace: "other" }));
      return Promise.resolve(page ? { deployed, odd: [], next: page.next } : null);
    },
  };
  // Only what is not shown yet is explained, which needs more than these services.
  const services = { desktops } as unknown as Services;
  const place = formatPlace({ from: "forgotten", after: "e" });
  expect(await listDesktops(services, { limit: 100, sort: "id", after: place })).toMatchObject({
    status: 200,
    body: { desktops: [] },
  });

  const many = { pageOfDeployed: () => desktops.pageOfDeployed(1, undefined) };
  const { body } = await listDesktops({ desktops: many } as unknown as Services, {
    limit: 100,
    sort: "id",
    after: place,
  });
  expect(parsePlace((body as { next?: string }).next)).toEqual({ from: "1", after: "e" });
});
