/**
 * RFC 5322 Message-ID of the mail that a message of the flow asks for: always the same, so that a mail which is sent again after a
 * crash is known as the same by servers and readers that look.
 */
export function messageIdOf(flowMessageId: string, fromAddress: string): string {
  return `<${flowMessageId}@${fromAddress.slice(fromAddress.lastIndexOf('@') + 1)}>`;
}
