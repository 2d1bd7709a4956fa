import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { killTree, type ProcessIdentity, processesMarked, type Server } from '@orrery/servers';
import { Problem } from '../terminal.ts';
import type { StackPaths } from './paths.ts';
import type { Stack } from './stack.ts';

const agentState = (paths: StackPaths): string => join(paths.own, 'agent');

const withinMs = 10_000;

/** Asks the gateway, as the operator, for a token with which one machine may join. */
const joinToken = async ({ where, secrets }: Stack): Promise<string> => {
  const answer = await fetch(`${where.gatewayUrl}/orrery/v1/workers/join-tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets.operatorKey}` },
    body: JSON.stringify({ name: hostname().slice(0, 100) || 'this machine' }),
    signal: AbortSignal.timeout(withinMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Problem(`The gateway gave no token for this machine: ${answer.status} ${text}`);
  const { token }: { token: string } = JSON.parse(text);
  return token;
};

/** Lets this machine join and take work. Joined once, it comes back as the same worker. */
export const launchAgent = async (stack: Stack, env: NodeJS.ProcessEnv = {}): Promise<Server> => {
  const state = agentState(stack.paths);
  const hasJoined = existsSync(join(state, 'membership.json'));
  return stack.launch('agent', {
    env: {
      ...env,
      ORRERY_URL: stack.where.gatewayUrl,
      ORRERY_AGENT_STATE: state,
      ...(hasJoined ? {} : { ORRERY_JOIN_TOKEN: await joinToken(stack) }),
    },
  });
};

/** Processes of programs of customers that an agent of this stack started. */
export const programsOf = (paths: StackPaths): readonly ProcessIdentity[] => processesMarked(`ORRERY_RUN_DIR=${agentState(paths)}/`);

/** Programs of customers outlive their agent, which takes them up again. When the stack goes for good, they go too. */
export const endPrograms = async (paths: StackPaths): Promise<void> => {
  await Promise.all(programsOf(paths).map(killTree));
};
