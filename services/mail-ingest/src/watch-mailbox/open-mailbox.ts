import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import type { OpenSource, SignIn, MailSource } from '../ports/mail-source.port.js';
import type { LoginRefusals } from './login-refusals.js';
import type { WatchedMailbox } from './source-intake.js';
import { unlessAborted } from './unless-aborted.js';

/** With its password, opened only when it is needed. Of kinds that sign in with a token it can't be opened. */
export interface OpenableMailbox extends WatchedMailbox {
  /** Of its settings. */
  readonly version: number;
  readonly password: () => Promise<string>;
  /** Writes the conversation down, where that is wanted at present (SKY-108). */
  readonly trace?: (line: string) => void;
}

/** Opens what a mailbox is set to. Throws as `OpenSource` does. */
export type OpenMailbox = (mailbox: OpenableMailbox, signal: AbortSignal) => Promise<MailSource>;

/** Opens mailboxes where these rules let their servers be. */
export function withAddressRules(open: OpenSource, addressRules: AddressRules): OpenSource {
  return (access, signal) => open({ ...access, addressRules }, signal);
}

/** For mailboxes that sign in with their stored password. */
export function withPassword(open: OpenSource, refusals: LoginRefusals): OpenMailbox {
  return async (mailbox, signal) => {
    const { id, version, settings: { server: { host, user } } } = mailbox;
    const password = await mailbox.password();
    const signIn = () => openAs(open, mailbox, { kind: 'password', password }, signal);
    return refusals.attempt({ host, user, password }, { mailboxId: id, version, signal }, signIn);
  };
}

/** For mailboxes that sign in with a token; `accessToken` gives one that is valid now, or throws why there is none. */
export function withToken(open: OpenSource, accessToken: (mailboxId: string, refused?: string) => Promise<string>): OpenMailbox {
  return (mailbox, signal) => {
    const { id, settings } = mailbox;
    const access = settings.kind === 'office365' ? settings.access : 'delegated';
    return openAs(open, mailbox, { kind: 'token', access, accessToken: (refused) => unlessAborted(accessToken(id, refused), signal) }, signal);
  };
}

function openAs(open: OpenSource, { id, settings: { server, afterProcessing, processedFolder }, trace }: OpenableMailbox, signIn: SignIn, signal: AbortSignal): Promise<MailSource> {
  return open({ ...server, mailboxId: id, signIn, afterProcessing, processedFolder, trace }, signal);
}
