import { UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type SignUp, User } from './user.ts';

const person = {
  userId: UserId.parse('0199a000-0000-7000-8000-000000000001'),
  email: 'ada@example.com',
  name: 'Ada',
  passwordHash: '$argon2id$…',
  at: '2026-01-01T00:00:00.000Z',
};
const signUp: SignUp = { type: 'SignUp', ...person };

const { given } = specify(User);

describe('a user', () => {
  it('signs up once', () => {
    given().when(signUp).thenEvents({ type: 'UserSignedUp', data: person });
    given({ type: 'UserSignedUp', data: person }).when(signUp).thenRejected('UserAlreadySignedUp', {});
  });
});
