import { describe, expect, it } from "vitest";
import { decisionOf } from "./decision.ts";

const preview = { dryRun: true, would: ["suspends the desktop of anna"] };

function form(answers: (path: string) => unknown = (path) => (path.includes("dryRun") ? preview : { state: "done" })) {
  const sent: [string, object][] = [];
  const post = async (path: string, body: object) => {
    sent.push([path, body]);
    return Promise.resolve(answers(path));
  };
  const decision = decisionOf<object, unknown, unknown>(
    { look: (body) => post("end?dryRun=true", body), act: (body) => post("end", body) },
    (error) => (error as Error).message,
  );
  return { sent, decision };
}

describe("an action with consequences", () => {
  it("does exactly what was previewed", async () => {
    const { sent, decision } = form();
    await decision.look({ workspace: "a" });
    expect(decision.preview.value).toEqual(preview);
    expect(await decision.confirm()).toEqual({ state: "done" });
    expect(sent).toEqual([
      ["end?dryRun=true", { workspace: "a" }],
      ["end", { workspace: "a" }],
    ]);
    expect(decision.preview.value).toBeNull();
  });

  it("does nothing without a preview, or once the form says something else", async () => {
    const { sent, decision } = form();
    expect(await decision.confirm()).toBeUndefined();
    await decision.look({ workspace: "a" });
    decision.change();
    expect(await decision.confirm()).toBeUndefined();
    expect(sent.map(([path]) => path)).toEqual(["end?dryRun=true"]);
  });

  it("drops a preview that arrives after the form changed", async () => {
    const { sent, decision } = form();
    const looking = decision.look({ workspace: "a" });
    decision.change();
    await looking;
    expect(decision.preview.value).toBeNull();
    expect(await decision.confirm()).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  it("says why it was not done, and keeps the preview to try again", async () => {
    const { decision } = form((path) => {
      if (path.includes("dryRun")) return preview;
      throw new Error("the service cannot be reached");
    });
    await decision.look({ workspace: "a" });
    expect(await decision.confirm()).toBeUndefined();
    expect(decision.trouble.value).toBe("the service cannot be reached");
    expect(decision.preview.value).toEqual(preview);
    expect(decision.busy.value).toBe(false);
  });
});
