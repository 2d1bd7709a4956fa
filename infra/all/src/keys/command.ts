import { WrongWords } from '../events/command.ts';

/** What an operator may want of the key-encryption keys. */
export interface KeysCommand {
  readonly does: 'status' | 'rotate';
  /** All services, where none is named. */
  readonly services: readonly string[];
}

const usage = `npm run start -- keys <what>

  status [service …]    which keys of ORRERY_SEAL_KEYS open what lies in each database; code 1 when not all is sealed under the first
  rotate [service …]    seal anew, under the first, whatever is sealed under another; may be killed and repeated`;

export const keysCommandOf = ([does, ...services]: readonly string[]): KeysCommand => {
  if (does === 'status' || does === 'rotate') return { does, services };
  throw new WrongWords(does === undefined ? usage : `${does}: there is no such command.\n\n${usage}`);
};
