import type { MailboxSettings as WireSettings } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { type CheckedSettings, checkSettings, credentialsStay, type IsOffered, secretField } from './check-settings.js';
import { isProblem } from './field-problem.js';
import type { Mailbox } from './mailbox.js';

/** The settings that a call gives, checked. `before`: the mailbox that they are for; undefined: a new one. Throws the refusal that the caller is told. */
export function givenSettings(wire: WireSettings | undefined, isOffered: IsOffered, before?: Mailbox): CheckedSettings {
  if (!wire) throw invalidField('settings', 'are missing');
  const checked = checkSettings(wire, isOffered);
  if (isProblem(checked)) throw invalidField(checked.field, checked.reason);
  const field = secretField(checked.settings);
  if (field === undefined || checked.secret !== undefined) return checked;
  if (!before) throw invalidField(field, 'is missing');
  if (!credentialsStay(before.settings, checked.settings)) throw invalidField(field, 'must be given again when kind, server, port, TLS, user, certificate authority, tenant, client or access change');
  return checked;
}
