import { z } from 'zod';
import { command } from '../../define.ts';
import { UserId } from '../../values.ts';

const input = z.strictObject({ userId: UserId });
const output = z.strictObject({});

export const AppointAdministrator = command({
  subject: 'identity.appoint-administrator',
  summary: 'Let somebody do what the operator may, in all their sessions, within a second',
  http: 'PUT /administrators/{userId}',
  access: 'operator',
  input,
  output,
  refusals: { UserNotFound: 404, UserDeactivated: 403 },
});

export const DismissAdministrator = command({
  subject: 'identity.dismiss-administrator',
  summary: 'Take that back, within a second; the last administrator stays one, and nobody dismisses themselves',
  http: 'DELETE /administrators/{userId}',
  access: 'operator',
  input,
  output,
  refusals: { UserNotFound: 404, LastAdministrator: 409, OwnAccount: 409 },
});
