/**
 * A column of a statement whose effects all lie in the database: its transaction commits without waiting for the disk, and is durable with the next
 * one that waits (PostgreSQL, "Asynchronous Commit"; docs/decisions/0035).
 */
export const WITH_THE_NEXT = "set_config('synchronous_commit', 'off', true)";
