const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** What has another form names nobody who waits. */
export function isWaitingId(text: string): boolean {
  return UUID.test(text);
}
