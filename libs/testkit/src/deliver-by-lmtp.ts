import { createTransport } from 'nodemailer';

/** One mail for an LMTP server on 127.0.0.1 (RFC 2033). */
export interface LmtpDelivery {
  readonly port: number;
  readonly from: string;
  readonly to: readonly string[];
  /** RFC 5322; line ends are made CRLF. */
  readonly raw: string | Buffer;
}

/** @throws Error with the server's reply when it refuses a recipient. */
export async function deliverByLmtp({ port, from, to, raw }: LmtpDelivery): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, lmtp: true, ignoreTLS: true });
  try {
    const { rejected } = await transport.sendMail({ envelope: { from, to: [...to] }, raw });
    if (rejected.length > 0) throw new Error(`LMTP refused ${rejected.map(String).join(', ')}`);
  } finally {
    transport.close();
  }
}
