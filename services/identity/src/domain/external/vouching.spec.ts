import { vouchedAddress, welcomeOf } from './vouching.ts';

const email = 'ada@example.com';
const verified = { emailVerified: true };

describe('An address that an issuer tells of', () => {
  it.each([
    [{ email, isVerified: true }, ['example.com'], email],
    [{ email, isVerified: true }, ['*'], email],
    [{ email, isVerified: false }, ['*'], undefined],
    [{ email, isVerified: true }, [], undefined],
    [{ email, isVerified: true }, ['ample.com', 'com', 'sub.example.com'], undefined],
    [{ email: 'ada@example.com@evil.example', isVerified: true }, ['example.com'], undefined],
    [{ email: '0199a000-0000-7000-8000-000000000001@no-address.invalid', isVerified: true }, ['*'], undefined],
    [{ email: null, isVerified: true }, ['*'], undefined],
  ])('%j is believed of %j as %s', (said, believed, address) => {
    expect(vouchedAddress(said, believed)).toBe(address);
  });
});

describe('Whoever is not known by an issuer yet', () => {
  it('gets in by their address alone only where both sides have seen it verified', () => {
    expect(welcomeOf(email, verified)).toBe('link');
    expect(welcomeOf(email, { emailVerified: false })).toBe('SignInToLink');
    expect(welcomeOf(email, undefined)).toBe('sign-up');
    expect(welcomeOf(undefined, undefined)).toBe('AddressNotVouchedFor');
    expect(welcomeOf(undefined, verified)).toBe('AddressNotVouchedFor');
  });
});
