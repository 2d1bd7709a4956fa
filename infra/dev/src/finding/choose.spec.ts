import { choose, type Facts } from './choose.ts';

const bare: Facts = { environment: {}, hasEngine: false, binaries: {}, canInstall: false };
const everything: Facts = {
  environment: { ORRERY_NATS_URL: 'nats://elsewhere:4222' },
  hasEngine: true,
  binaries: { nats: '/usr/sbin/nats-server' },
  canInstall: true,
};

describe('where a server comes from', () => {
  it('is the environment, whatever else there is', () => {
    expect(choose('nats', everything)).toEqual({ from: 'environment', url: 'nats://elsewhere:4222' });
  });

  it('is Docker Compose, when an engine answers and the environment says nothing', () => {
    expect(choose('nats', { ...everything, environment: {} })).toEqual({ from: 'compose' });
    expect(choose('redis', everything)).toEqual({ from: 'compose' });
  });

  it('is a program on this machine, when there is no engine', () => {
    expect(choose('nats', { ...everything, environment: { ORRERY_NATS_URL: '' }, hasEngine: false })).toEqual({
      from: 'binary',
      path: '/usr/sbin/nats-server',
    });
  });

  it('is apt, when there is no program and we may install one', () => {
    expect(choose('postgres', { ...bare, canInstall: true })).toEqual({ from: 'apt', debianPackage: 'postgresql' });
  });

  it('is advice that names the variable and the package, when nothing else is left', () => {
    const choice = choose('postgres', bare);
    expect(choice.from).toBe('nowhere');
    expect(choice).toHaveProperty('advice', expect.stringMatching(/ORRERY_POSTGRES_URL.*Docker.*apt-get install postgresql/));
  });
});
