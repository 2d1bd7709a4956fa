import { configOf, startAll } from '@orrery/process/light';
import { AgentConfig } from './agent.config.ts';
import { agent } from './agent.ts';

const read = (env: Record<string, string>) => configOf('agent', AgentConfig, env);

describe('The configuration of an agent', () => {
  it('needs nothing on the machine of a developer', () => {
    expect(read({})).toMatchObject({
      url: 'http://127.0.0.1:8080',
      state: '/var/lib/orrery-agent',
      unsandboxed: false,
      leaseMs: 60_000,
      drain: false,
    });
  });

  it('names what is wrong and what would be right', () => {
    expect(() => read({ ORRERY_URL: 'ftp://x', ORRERY_AGENT_STATE: 'relative', ORRERY_AGENT_UNSANDBOXED: 'maybe' })).toThrow(
      /ORRERY_URL is "ftp:\/\/x".*\n.*ORRERY_AGENT_STATE is "relative".*\n.*ORRERY_AGENT_UNSANDBOXED is "maybe"/,
    );
  });

  it('names the variable of a state directory that cannot be had', async () => {
    await expect(startAll([agent], { ORRERY_AGENT_STATE: '/dev/null/agent' })).rejects.toThrow(
      /^ORRERY_AGENT_STATE must be a directory that this agent may write: .*ENOTDIR/,
    );
  });
});
