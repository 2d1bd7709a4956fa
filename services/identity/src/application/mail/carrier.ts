import { createTransport } from 'nodemailer';
import { htmlOf, type Letter } from '../../domain/letters/letter.ts';

/** Brings letters to people. */
export interface Carrier {
  /** Throws where the letter was not taken; `Undeliverable` where it never will be. */
  readonly carry: (letter: Letter, id: string) => Promise<void>;
}

/** Whoever was to get the letter cannot be reached: to try again would change nothing. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
}

export interface SmtpOptions {
  readonly url: string;
  readonly from: string;
  readonly publicUrl: string;
}

const connectMs = 10_000;
const silenceMs = 20_000;

const permanentFrom = 500;
/** Who we are was refused: that is for the operator to mend, and the letter waits for it. */
const authenticationCodes = new Set([530, 534, 535, 538]);

const isFinal = (error: unknown): boolean => {
  if (!(error instanceof Error) || !('responseCode' in error) || typeof error.responseCode !== 'number') return false;
  return error.responseCode >= permanentFrom && !authenticationCodes.has(error.responseCode);
};

/** Sends by SMTP, one connection per letter. */
export const smtpCarrier = ({ url, from, publicUrl }: SmtpOptions): Carrier => {
  const transport = createTransport({
    url,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    dnsTimeout: connectMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const host = new URL(publicUrl).hostname;
  return {
    carry: async (letter, id) => {
      const { to, subject, text } = letter;
      // The same letter sent twice has the same id: readers show it once.
      const messageId = `<${id}@${host}>`;
      const headers = { 'Auto-Submitted': 'auto-generated' };
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html: htmlOf(letter, publicUrl),
          messageId,
          headers,
        });
      } catch (error) {
        if (isFinal(error)) throw new Undeliverable('the mail server refused the letter for good', { cause: error });
        throw error;
      }
    },
  };
};
