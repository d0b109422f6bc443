import { describe, expect, it } from "vitest";
import type { Pod } from "../objects.ts";
import type { PodFault } from "./faults.ts";
import { faultOfImage } from "./faults.ts";
import { nextStep, type PodStep } from "./pod-steps.ts";

const delays = { scheduledAfterMs: 100, runningAfterMs: 300, readyAfterMs: 800, goneAfterMs: 50 };

const fresh: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    ...{ name: "desktop", namespace: "desktops", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
    uid: "00000000-0000-4000-8000-000000000001",
  },
  spec: { containers: [{ name: "desktop", image: "example.org/desktop:1" }] },
  status: { phase: "Pending" },
};

const after = (pod: Pod, step: PodStep): Pod => ({
  ...pod,
  spec: { ...pod.spec, ...(step.nodeName === undefined ? {} : { nodeName: step.nodeName }) },
  ...(step.status === undefined ? {} : { status: step.status() }),
});

/** Plays a pod's life until nothing more happens, or for `most` steps. Returns the pod and its steps' names. */
function play(pod: Pod, fault: PodFault | undefined, most = 20): { pod: Pod; names: string[]; waits: number[] } {
  const played = { pod, names: [] as string[], waits: [] as number[] };
  while (played.names.length < most) {
    const step = nextStep(played.pod, fault, delays);
    if (step === undefined) break;
    played.names.push(step.name);
    played.waits.push(step.afterMs);
    played.pod = after(played.pod, step);
  }
  return played;
}

const containerOf = (pod: Pod): NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number] | undefined =>
  pod.status?.containerStatuses?.[0];

describe("a pod's life", () => {
  it("is scheduled, runs and becomes ready, each after its delay", () => {
    const { pod, names, waits } = play(fresh, undefined);
    expect(names).toEqual(["schedule", "run", "become ready"]);
    expect(waits).toEqual([100, 200, 500]);
    expect(pod.status).toMatchObject({ phase: "Running", podIP: expect.stringMatching(/^10\.244\./) as string });
    expect(containerOf(pod)).toMatchObject({ ready: true, restartCount: 0 });
  });

  it("ends when it is deleted, at any step", () => {
    const metadata = { ...fresh.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(nextStep({ ...fresh, metadata }, "unschedulable", delays)).toMatchObject({ gone: true, afterMs: 50 });
  });

  it("waits without a node while it is unschedulable, and then continues", () => {
    const { pod, names } = play(fresh, "unschedulable");
    expect(names).toEqual(["refuse to schedule"]);
    expect(pod.status?.conditions).toMatchObject([{ type: "PodScheduled", status: "False", reason: "Unschedulable" }]);
    expect(play(pod, undefined).names).toEqual(["schedule", "run", "become ready"]);
  });

  it("backs off while its image cannot be pulled, and then runs", () => {
    const { pod, names } = play(fresh, "image-pull");
    expect(names).toEqual(["schedule", "fail to pull", "back off pulling"]);
    expect(containerOf(pod)?.state?.waiting?.reason).toBe("ImagePullBackOff");
    expect(play(pod, undefined).names).toEqual(["run", "become ready"]);
  });

  it("crashes repeatedly, counts its restarts and waits longer each time", () => {
    const { pod, names, waits } = play(fresh, "crash-loop", 9);
    expect(names).toEqual(["schedule", "run", "crash", "back off", "restart", "crash", "back off", "restart", "crash"]);
    expect(containerOf(pod)).toMatchObject({
      restartCount: 2,
      state: { terminated: { exitCode: 1, reason: "Error" } },
    });
    const restarts = waits.filter((_, i) => names[i] === "restart");
    expect(restarts).toEqual([800, 1600]);
  });

  it("shows the reason for the crash in its last state while it backs off", () => {
    const { pod } = play(fresh, "crash-loop", 4);
    expect(containerOf(pod)).toMatchObject({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, reason: "Error" } },
    });
  });

  it("runs but never becomes ready, and becomes unready if it was ready", () => {
    expect(play(fresh, "never-ready").names).toEqual(["schedule", "run"]);
    const { pod } = play(fresh, undefined);
    const broken = play(pod, "never-ready");
    expect(broken.names).toEqual(["lose readiness"]);
    expect(containerOf(broken.pod)?.ready).toBe(false);
    expect(play(broken.pod, undefined).names).toEqual(["become ready"]);
  });

  it("is not affected by faults that only concern its start", () => {
    const { pod } = play(fresh, undefined);
    expect(play(pod, "image-pull").names).toEqual([]);
    expect(play(pod, "unschedulable").names).toEqual([]);
  });
});

describe("an image", () => {
  it.each([
    ["example.org/fault-image-pull:1", "image-pull"],
    ["example.org:5000/a/fault-crash-loop@sha256:abc", "crash-loop"],
    ["fault-quota", "quota"],
    ["example.org/fault-unschedulable/desktop:1", undefined],
    ["example.org/my-fault-quota:1", undefined],
    ["example.org/fault-unknown:1", undefined],
  ])("%s requests the fault %s", (image, fault) => {
    expect(faultOfImage(image)).toBe(fault);
  });
});
