import { describe, expect, it } from "vitest";
import { imagesAhead, type WithPolicy } from "./images-ahead.ts";

const today = "2026-11-27";
const open = { availableFrom: "2026-01-01", expires: "2026-12-31" };
const policy = { image: "example.org/desktop:1", pullSecrets: [], nodeSelector: {}, tolerations: [] };
const usual: WithPolicy = { workspace: open, policy };
const gpu = { key: "gpu", operator: "Exists", effect: "NoSchedule" } as const;
const batch = { key: "batch", operator: "Exists", effect: "NoSchedule" } as const;

describe("the images that are pulled ahead", () => {
  it("are those of open workspaces, each once", () => {
    const other = { ...usual, policy: { ...policy, image: "example.org/a@sha256:00" } };
    expect(imagesAhead([usual, other, usual], today)).toEqual([
      {
        images: ["example.org/a@sha256:00", "example.org/desktop:1"],
        pullSecrets: [],
        nodeSelector: {},
        tolerations: [],
      },
    ]);
  });

  it.each([
    ["opens today", { ...open, availableFrom: today }, 1],
    ["opens tomorrow", { ...open, availableFrom: "2026-11-28" }, 0],
    ["ends today", { ...open, expires: today }, 1],
    ["ended yesterday", { ...open, expires: "2026-11-26" }, 0],
  ])("count if their workspace %s as they do for people", (_, workspace, groups) => {
    expect(imagesAhead([{ ...usual, workspace }], today)).toHaveLength(groups);
  });

  it("are apart for nodes that other desktops cannot use", () => {
    const placed = { ...policy, nodeSelector: { pool: "gpu" }, tolerations: [gpu], image: "example.org/gpu:1" };
    const groups = imagesAhead([usual, { ...usual, policy: placed }], today);
    expect(groups.map(({ images, nodeSelector }) => ({ images, nodeSelector }))).toEqual([
      { images: ["example.org/gpu:1"], nodeSelector: { pool: "gpu" } },
      { images: ["example.org/desktop:1"], nodeSelector: {} },
    ]);
  });

  it("go with all Secrets of their policies", () => {
    const secrets = [["b"], ["a", "b"]].map((pullSecrets) => ({ ...usual, policy: { ...policy, pullSecrets } }));
    expect(imagesAhead(secrets, today)[0]?.pullSecrets).toEqual(["a", "b"]);
  });

  it("are the same in whatever order workspaces, labels and taints are listed", () => {
    const all: WithPolicy[] = [
      usual,
      { ...usual, policy: { ...policy, nodeSelector: { a: "1", b: "2" }, tolerations: [gpu, batch] } },
      { ...usual, policy: { ...policy, nodeSelector: { b: "2", a: "1" }, tolerations: [batch, gpu] } },
    ];
    expect(imagesAhead(all, today)).toHaveLength(2);
    expect(JSON.stringify(imagesAhead(all.toReversed(), today))).toBe(JSON.stringify(imagesAhead(all, today)));
  });
});
