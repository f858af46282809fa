/** Settles like `promise`; resolves to what `late` gives once `ms` milliseconds have passed. */
export function within<T>(ms: number, promise: Promise<T>, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), ms);
  });
  return Promise.race([promise, passed]).finally(() => clearTimeout(timer));
}
