/** Why a PFX is not taken: what is wrong with one field of the request, and what to do. */
export class CertificateRefusal extends Error {
  readonly field: 'pfx' | 'password';

  constructor(field: 'pfx' | 'password', reason: string) {
    super(reason);
    this.field = field;
  }
}
