import { relative } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { ensureSandbox } from '../finding/sandbox.ts';
import { launchAgent } from '../stack/agent.ts';
import { launchEngine, routeToEngine } from '../stack/engine.ts';
import { pathsOf } from '../stack/paths.ts';
import { seedCatalog } from '../stack/seed.ts';
import type { Stack } from '../stack/stack.ts';
import { withStack } from '../stack/with-stack.ts';
import { terminal } from '../terminal.ts';

export const describeStack = ({ where, secrets, paths }: Stack): void => {
  terminal.heading('Orrery is up');
  terminal.line(`  API            ${where.gatewayUrl}/orrery/v1   (described at ${where.gatewayUrl}/openapi.json)`);
  terminal.line(`  operator key   ${secrets.operatorKey}`);
  terminal.line(`  logs and data  ${relative(process.cwd(), paths.own) || '.'}`);
};

/** Everything in one process, and an agent; until we are told to end. */
export const up = async (checkout: string, line: CommandLine): Promise<void> => {
  if (!line.servers) ensureSandbox();
  await withStack(pathsOf(checkout, line.name), async (stack, told) => {
    if (!line.servers) {
      const [engine] = await Promise.all([launchEngine(stack), stack.launch('all')]);
      await seedCatalog(stack);
      if (engine !== undefined) await routeToEngine(stack, engine);
      await launchAgent(stack);
    }
    describeStack(stack);
    terminal.line('  stop           Ctrl-C');
    await told;
  });
};
