import { expect, it } from "vitest";
import { createParentCheck, parseParentPid } from "../../../../kernel/thread/parent-watch.js";

const fail = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

it("our parent is gone as soon as we have another one, even while its id still answers", () => {
  let parent = 10;
  const isGone = createParentCheck(10, { currentParent: () => parent, signal() {} });
  expect(isGone()).toBe(false);
  parent = 1;
  expect(isGone()).toBe(true);
});

it("a process that is not our parent is gone when its id does not exist, not when it belongs to somebody else", () => {
  const check = (signal: () => void) => createParentCheck(10, { currentParent: () => 5, signal })();
  expect(check(() => {})).toBe(false);
  expect(check(fail("EPERM"))).toBe(false);
  expect(check(fail("ESRCH"))).toBe(true);
});

it("a JPY_PARENT_PID that is missing, 0, 1 or no number means that there is nobody to watch", () => {
  for (const value of [undefined, "", "0", "1", "-5", "x12", "12x", "99999999999"]) {
    expect(parseParentPid(value), value).toBeUndefined();
  }
  expect(parseParentPid("4711")).toBe(4711);
});
