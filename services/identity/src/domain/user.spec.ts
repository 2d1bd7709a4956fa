import { UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Event, type SignUp, User } from './user.ts';

const person = {
  userId: UserId.parse('0199a000-0000-7000-8000-000000000001'),
  email: 'ada@example.com',
  name: 'Ada',
  at: '2026-01-01T00:00:00.000Z',
};
const passwordHash = '$argon2id$…';
const signUp: SignUp = { type: 'SignUp', ...person, passwordHash };
const { userId, at } = person;
const signedUp: readonly Event[] = [
  { type: 'UserSignedUp', data: person },
  { type: 'PasswordSet', data: { userId, passwordHash, at } },
];

const { given } = specify(User);

describe('a user', () => {
  it('signs up once', () => {
    given()
      .when(signUp)
      .thenEvents(...signedUp);
    given(...signedUp)
      .when(signUp)
      .thenRejected('UserAlreadySignedUp', {});
  });
});
