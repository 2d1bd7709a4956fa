import type { LoggerService } from '@nestjs/common';
import type { Log } from './logger.ts';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Nest's own chatter about what it wires; of interest only to who asks for it. */
const framework = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestMicroservice', 'NestApplication']);

/** Puts our log behind Nest's `LoggerService`. The last extra argument is Nest's name for the part that speaks. */
export const nestLog = (log: Log): LoggerService => {
  const say = (level: Level, message: unknown, extras: readonly unknown[]): void => {
    const part = extras.at(-1);
    const context = typeof part === 'string' ? { part } : {};
    const chosen = level === 'info' && typeof part === 'string' && framework.has(part) ? 'debug' : level;
    const stack = level === 'error' && typeof extras[0] === 'string' && extras[0].includes('\n') ? { stack: extras[0] } : {};
    if (message instanceof Error) log[chosen]({ ...context, err: message }, message.message);
    else if (typeof message === 'string') log[chosen]({ ...context, ...stack }, message);
    else log[chosen]({ ...context, message }, 'from the framework');
  };
  return {
    log: (message, ...extras) => say('info', message, extras),
    error: (message, ...extras) => say('error', message, extras),
    warn: (message, ...extras) => say('warn', message, extras),
    debug: (message, ...extras) => say('debug', message, extras),
    verbose: (message, ...extras) => say('trace', message, extras),
    fatal: (message, ...extras) => say('fatal', message, extras),
  };
};
