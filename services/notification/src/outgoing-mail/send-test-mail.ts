import { randomUUID } from 'node:crypto';
import { Failure } from '@inkpost/failure/failure.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { SMTP_TEST_TIMEOUT_MS } from '../limits.js';
import { messageIdOf } from '../notify/message-id.js';
import { isMailable } from '../notify/recipient.js';
import type { Language } from '../templates/language.js';
import type { RenderedMail } from '../templates/letter.js';
import type { CurrentOutgoingMail } from './current-outgoing-mail.js';

/** Sends a mail while an administrator waits, and says what the server answered. */
export class SendTestMail {
  constructor(private readonly current: CurrentOutgoingMail) {}

  /** `language` undefined: that of the settings. Throws invalid-argument for what is no address. */
  async send(to: string, language: Language | undefined, rendered: RenderedMail | ((language: Language) => RenderedMail)): Promise<{ readonly sent: boolean; readonly answer: string }> {
    if (!isMailable(to)) throw invalidField('to', 'must be one e-mail address, for example somebody@example.org');
    try {
      const { settings, server } = await this.current.get();
      const inLanguage = language ?? settings.language;
      const mail = {
        ...(typeof rendered === 'function' ? rendered(inLanguage) : rendered), to, displayName: '', language: inLanguage, autoSubmitted: 'auto-generated', confidential: [],
        internetMessageId: messageIdOf(randomUUID(), settings.fromAddress),
      } as const;
      const { delivered, answer } = await server.send(mail, AbortSignal.timeout(SMTP_TEST_TIMEOUT_MS));
      return { sent: delivered, answer };
    } catch (error) {
      // The answer is what the test is for: a server that is down is no error of this call.
      if (error instanceof Failure) return { sent: false, answer: error.message };
      throw error;
    }
  }
}
