import { describe, expect, it } from "vitest";
import { keptRead, sharedRead } from "./shared-read.ts";

/** A read that ends when the test says so. */
function controlled() {
  const begun: PromiseWithResolvers<string>[] = [];
  const ask = sharedRead(() => {
    const read = Promise.withResolvers<string>();
    begun.push(read);
    return read.promise;
  });
  return { begun, ask };
}

describe("a shared read", () => {
  it("is one for a crowd that comes while another is under way, and begins after they asked", async () => {
    const { begun, ask } = controlled();
    const first = ask();
    const crowd = Array.from({ length: 200 }, ask);
    expect(begun).toHaveLength(1);
    begun[0]?.resolve("before they asked");
    expect(await first).toBe("before they asked");
    await expect.poll(() => begun.length).toBe(2);
    begun[1]?.resolve("after they asked");
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(["after they asked"]));
    expect(begun).toHaveLength(2);
  });

  it("is not kept: who comes later reads again", async () => {
    const { begun, ask } = controlled();
    const first = ask();
    begun[0]?.resolve("one");
    await first;
    const second = ask();
    begun[1]?.resolve("two");
    expect(await second).toBe("two");
  });

  it("that fails, fails for those who share it, and not for the next", async () => {
    const { begun, ask } = controlled();
    const first = ask();
    const second = ask();
    begun[0]?.reject(new Error("away"));
    await expect(first).rejects.toThrow("away");
    await expect.poll(() => begun.length).toBe(2);
    begun[1]?.resolve("back");
    expect(await second).toBe("back");
  });
});

describe("a kept read", () => {
  it("is one for a crowd, and for who comes while it is kept", async () => {
    let [reads, now] = [0, 0];
    const ask = keptRead(
      () => Promise.resolve((reads += 1)),
      5_000,
      () => now,
    );
    expect(new Set(await Promise.all(Array.from({ length: 60 }, () => ask())))).toEqual(new Set([1]));
    now = 4_999;
    expect(await ask()).toBe(1);
    now = 5_000;
    expect(await ask()).toBe(2);
  });

  it("is kept for longer if it took longer", async () => {
    let [reads, now] = [0, 0];
    const ask = keptRead(
      () => Promise.resolve((reads += 1)).finally(() => (now += 300)),
      (took) => 10 * took,
      () => now,
    );
    await ask();
    now = 3_299;
    expect(await ask()).toBe(1);
    now = 3_300;
    expect(await ask()).toBe(2);
  });

  it("that fails is not kept", async () => {
    let reads = 0;
    const ask = keptRead(
      () => ((reads += 1) === 1 ? Promise.reject(new Error("away")) : Promise.resolve("there")),
      5_000,
      () => 0,
    );
    await expect(Promise.all([ask(), ask()])).rejects.toThrow("away");
    expect([await ask(), reads]).toEqual(["there", 2]);
  });
});
