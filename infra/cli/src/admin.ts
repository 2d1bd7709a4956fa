import { ask } from './api.ts';
import type { Place } from './place.ts';

export interface NewAdmin {
  readonly username: string;
  readonly email: string | undefined;
  readonly password: string;
}

/** Asks the installation for the account. */
export const createAdmin = async (place: Place, { username, email, password }: NewAdmin): Promise<void> => {
  const body = { username, password, isAdministrator: true, ...(email === undefined ? {} : { email }) };
  await ask(place, {
    method: 'POST',
    path: '/people',
    body,
    lost: 'the account may be there all the same, and its password is known to nobody',
  });
};
