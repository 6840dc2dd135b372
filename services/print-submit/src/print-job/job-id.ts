import { invalidField } from '@inkpost/service/rpc-errors.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** Throws the RPC error that names the field unless it is a job's id. */
export function checkJobId(field: string, jobId: string): void {
  if (!UUID.test(jobId)) throw invalidField(field, 'must be the id of a job, for example 3334d45e-9150-4c7d-9ac2-1a751e10723b');
}
