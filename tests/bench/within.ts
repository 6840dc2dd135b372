/** The promise's value, or after `ms` an error with what `describe` says then. */
export async function within<Value>(ms: number, promise: Promise<Value>, describe: () => string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`After ${ms / 1_000} s: ${describe()}`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
